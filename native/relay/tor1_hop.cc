#include "tor1_hop.h"

#include <cstring>

#include "../crypto/wipe.h"

namespace ramson {
namespace {

constexpr std::size_t kDigestAt = cell_layout::kRelayCellV0DigestOffset;
constexpr std::size_t kDigestSize = cell_layout::kRelayCellV0DigestSize;
constexpr std::size_t kDigestEnd = kDigestAt + kDigestSize;
static_assert(cell_layout::kRelayCellV0RecognizedSize == 2);
static_assert(kRelayTagSize == kSha1Size);

constexpr std::size_t kKeySize = 16;

void start_cipher(const Kernel &kernel, AesCtr &cipher, const std::uint8_t *key) {
  std::memset(&cipher, 0, sizeof cipher);
  kernel.aes_expand(cipher.key, key, kKeySize);
  cipher.used = kAesBlockSize;
}

void start_digest(const Kernel &kernel, Sha1 &digest, const std::uint8_t *seed) {
  digest.start();
  digest.update(kernel, seed, kSha1Size);
}

/// The digest covers the body with its own field as zeros.
void digest_body(const Kernel &kernel, Sha1 &running, const std::uint8_t *body, std::uint8_t *whole) {
  constexpr std::uint8_t kZeros[kDigestSize] = {};
  running.update(kernel, body, kDigestAt);
  running.update(kernel, kZeros, sizeof kZeros);
  running.update(kernel, body + kDigestEnd, kRelayBodySize - kDigestEnd);
  running.peek(kernel, whole);
}

}  // namespace

Tor1Hop::Tor1Hop(const Kernel &kernel, const std::uint8_t *material) {
  start_digest(kernel, outbound_digest_, material);
  start_digest(kernel, inbound_digest_, material + kSha1Size);
  start_cipher(kernel, outbound_cipher_, material + 2 * kSha1Size);
  start_cipher(kernel, inbound_cipher_, material + 2 * kSha1Size + kKeySize);
}

Tor1Hop::~Tor1Hop() { wipe(this, sizeof *this); }

bool Tor1Hop::matches_digest(const Kernel &kernel, const std::uint8_t *body, std::uint8_t *tag) {
  Sha1 advanced = outbound_digest_;
  digest_body(kernel, advanced, body, tag);
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < kDigestSize; i++) {
    difference = static_cast<std::uint8_t>(difference | (body[kDigestAt + i] ^ tag[i]));
  }
  const bool matches = difference == 0;
  if (matches) outbound_digest_ = advanced;
  wipe(&advanced, sizeof advanced);
  return matches;
}

void Tor1Hop::originate(const Kernel &kernel, std::uint8_t *body, std::uint8_t *tag) {
  digest_body(kernel, inbound_digest_, body, tag);
  std::memcpy(body + kDigestAt, tag, kDigestSize);
  kernel.aes_ctr(inbound_cipher_, body, kRelayBodySize);
}

}  // namespace ramson
