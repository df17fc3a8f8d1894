#include "record_layer.h"
#include "record_types.h"

namespace ramson {
namespace {

constexpr std::uint8_t kWarning = 1;
constexpr std::uint8_t kFatal = 2;

}  // namespace

void RecordSealer::start(const Kernel &kernel, TlsSuite suite, const std::uint8_t *secret, std::uint64_t sequence) {
  cipher_.start(kernel, suite, secret, sequence);
}

std::size_t RecordSealer::seal(std::uint8_t *record, std::size_t size) {
  return seal_as(kApplicationData, record, size);
}

std::size_t RecordSealer::update_key(std::uint8_t *out) {
  // KeyUpdate of one octet, update_not_requested: a peer that wants its own key renewed does it itself.
  constexpr std::uint8_t kMessage[] = {kKeyUpdate, 0, 0, 1, 0};
  for (std::size_t i = 0; i < sizeof kMessage; i++) out[kBefore + i] = kMessage[i];
  const std::size_t size = seal_as(kHandshake, out, sizeof kMessage);
  cipher_.update();
  return size;
}

std::size_t RecordSealer::send_alert(std::uint8_t *out, TlsAlert alert) {
  const bool is_gentle = alert == TlsAlert::kCloseNotify || alert == TlsAlert::kUserCanceled;
  out[kBefore] = is_gentle ? kWarning : kFatal;
  out[kBefore + 1] = static_cast<std::uint8_t>(alert);
  return seal_as(kAlert, out, 2);
}

std::size_t RecordSealer::seal_as(std::uint8_t type, std::uint8_t *record, std::size_t size) {
  record[kBefore + size] = type;
  cipher_.seal(record, size + 1);
  return size + kOverhead;
}

}  // namespace ramson
