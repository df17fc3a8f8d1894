// AES-GCM and the record layer of TLS by themselves, on any kernel: what the comparisons with node:crypto and node:tls
// and the benchmarks call. Nothing on the path of a cell does.

#include <cstring>

#include "../crypto/wipe.h"
#include "../kernels/gcm_key.h"
#include "../tls/record_layer.h"
#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

napi_value number(napi_env env, std::size_t value) {
  napi_value made;
  napi_create_double(env, static_cast<double>(value), &made);
  return made;
}

napi_value failure(napi_env env, Status status) {
  napi_value made;
  napi_create_int32(env, -static_cast<std::int32_t>(status), &made);
  return made;
}

/// galoisMode(kernel, direction, key, nonce, additional, data, step): AES-GCM over `data` in place, `step` octets a
/// call, the last 16 of which are the tag. direction: 0 seals, 1 opens. Gives how many were genuine, or minus a status.
napi_value galois_mode(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const std::uint32_t direction = arguments.number(1);
  const View key = arguments.view(2), nonce = arguments.view(3), additional = arguments.view(4);
  const View data = arguments.view(5);
  const std::size_t step = arguments.number(6);
  if (kernel == nullptr || direction > 1) return failure(env, Status::kBadChoice);
  if ((key.size != 16 && key.size != 32) || nonce.size != kGcmNonceSize || additional.size > 16 || step < kGcmTagSize ||
      data.size % step != 0) {
    return failure(env, Status::kBadSize);
  }
  GcmKey expanded{};
  gcm_expand(*kernel, expanded, key.octets, key.size);
  GcmInput input{};
  std::memcpy(input.nonce, nonce.octets, nonce.size);
  if (additional.size != 0) std::memcpy(input.additional, additional.octets, additional.size);
  input.additional_size = additional.size;
  std::size_t genuine = 0;
  for (std::size_t at = 0; at < data.size; at += step) {
    if (direction == 0) kernel->gcm_seal(expanded, input, data.octets + at, step - kGcmTagSize);
    genuine += direction == 0 || kernel->gcm_open(expanded, input, data.octets + at, step - kGcmTagSize) ? 1 : 0;
  }
  wipe(&expanded, sizeof expanded);
  return number(env, genuine);
}

bool is_suite(std::uint32_t number, std::size_t secret_size) {
  const auto suite = static_cast<TlsSuite>(number);
  return number <= UINT16_MAX && secret_size != 0 && traffic_secret_size(suite) == secret_size;
}

/// sealRecords(kernel, suite, secret, sequence, data, step, out): records of `step` octets of `data` each, a KeyUpdate
/// behind the first of them, close_notify behind the last. Gives the octets written into `out`, or minus a status.
napi_value seal_records(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const View secret = arguments.view(2), data = arguments.view(4), out = arguments.view(6);
  const std::size_t step = arguments.number(5);
  if (kernel == nullptr || !is_suite(arguments.number(1), secret.size)) return failure(env, Status::kBadChoice);
  if (step == 0 || step > kRecordDataMax) return failure(env, Status::kBadSize);
  const std::size_t records = (data.size + step - 1) / step;
  if (out.size <
      data.size + records * RecordSealer::kOverhead + RecordSealer::kKeyUpdateSize + RecordSealer::kAlertSize) {
    return failure(env, Status::kBadSize);
  }
  RecordSealer sealer;
  sealer.start(*kernel, static_cast<TlsSuite>(arguments.number(1)), secret.octets, arguments.number(3));
  std::uint8_t *next = out.octets;
  for (std::size_t at = 0; at < data.size; at += step) {
    const std::size_t size = data.size - at < step ? data.size - at : step;
    std::memcpy(next + RecordSealer::kBefore, data.octets + at, size);
    next += sealer.seal(next, size);
    if (at == 0) next += sealer.update_key(next);
  }
  next += sealer.send_alert(next, TlsAlert::kCloseNotify);
  return number(env, static_cast<std::size_t>(next - out.octets));
}

/// openRecords(kernel, suite, end, secret, sequence, octets, report): opens records in place and moves their data to
/// the front of `octets`. end: 0 client, 1 server. Writes into `report` how that ended (RecordOpener::Next), the number
/// of the alert if there is one, octets of data, octets left over, and the KeyUpdates that are to be answered.
napi_value open_records(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const std::uint32_t end = arguments.number(2);
  const View secret = arguments.view(3), given = arguments.view(5);
  const auto report = arguments.words(6);
  if (kernel == nullptr || end > 1 || !is_suite(arguments.number(1), secret.size)) {
    return answer(env, Status::kBadChoice);
  }
  if (report.size != 5) return answer(env, Status::kBadSize);
  RecordOpener opener;
  opener.start(*kernel, static_cast<TlsSuite>(arguments.number(1)), static_cast<TlsEnd>(end), secret.octets,
               arguments.number(4));
  std::span<std::uint8_t> octets(given.octets, given.size), data;
  std::size_t size = 0;
  std::uint32_t updates = 0;
  RecordOpener::Next next;
  while ((next = opener.next(octets, data)) == RecordOpener::Next::kData || next == RecordOpener::Next::kKeyUpdate) {
    if (next == RecordOpener::Next::kKeyUpdate) {
      updates++;
      continue;
    }
    std::memmove(given.octets + size, data.data(), data.size());
    size += data.size();
  }
  report.words[0] = static_cast<std::uint32_t>(next);
  report.words[1] =
      next == RecordOpener::Next::kFault ? static_cast<std::uint32_t>(opener.alert()) : opener.peer_alert();
  report.words[2] = static_cast<std::uint32_t>(size);
  report.words[3] = static_cast<std::uint32_t>(octets.size());
  report.words[4] = updates;
  return nullptr;
}

}  // namespace

void define_records(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "galoisMode", galois_mode, environment);
  define(env, exports, "sealRecords", seal_records, environment);
  define(env, exports, "openRecords", open_records, environment);
}

}  // namespace ramson
