#include "relay_direction.h"

#include <cstring>

#include "wipe.h"

namespace ramson {
namespace {

constexpr std::size_t kRecognizedAt = cell_layout::kRelayCellV0RecognizedOffset;
constexpr std::size_t kDigestAt = cell_layout::kRelayCellV0DigestOffset;
constexpr std::size_t kDigestEnd = kDigestAt + cell_layout::kRelayCellV0DigestSize;
static_assert(cell_layout::kRelayCellV0RecognizedSize == 2);

/// The digest covers the body with its own field as zeros.
template <typename Running>
void digest_body(const Kernel &kernel, Running &running, const std::uint8_t *body, std::uint8_t *whole) {
  constexpr std::uint8_t kZeros[kDigestEnd - kDigestAt] = {};
  running.update(kernel, body, kDigestAt);
  running.update(kernel, kZeros, sizeof kZeros);
  running.update(kernel, body + kDigestEnd, kRelayBodySize - kDigestEnd);
  running.peek(kernel, whole);
}

}  // namespace

RelayDirection::RelayDirection(const Kernel &kernel, RelayAlgorithm algorithm, const std::uint8_t *digest_seed,
                               const std::uint8_t *key)
    : kernel_(&kernel), algorithm_(algorithm), has_tag_(false) {
  const RelayKeySizes sizes = relay_key_sizes(algorithm);
  std::memset(&cipher_, 0, sizeof cipher_);
  std::memset(&digest_, 0, sizeof digest_);
  std::memset(tag_, 0, sizeof tag_);
  kernel.aes_expand(cipher_.key, key, sizes.key);
  cipher_.used = kAesBlockSize;
  if (algorithm == RelayAlgorithm::kTor1) {
    digest_.sha1.start();
    digest_.sha1.update(kernel, digest_seed, sizes.digest_seed);
  } else {
    digest_.sha3.start();
    digest_.sha3.update(kernel, digest_seed, sizes.digest_seed);
  }
}

RelayDirection::~RelayDirection() { wipe(this, sizeof *this); }

bool RelayDirection::recognize(const std::uint8_t *body) {
  // The two octets sift out nearly every passing cell before the digest, which costs many times the cipher.
  if ((body[kRecognizedAt] | body[kRecognizedAt + 1]) != 0) return false;
  Digest advanced = digest_;
  std::uint8_t whole[kSha3Size];
  digest_cell(advanced, body, whole);
  std::uint8_t difference = 0;
  for (std::size_t i = kDigestAt; i < kDigestEnd; i++) {
    difference = static_cast<std::uint8_t>(difference | (body[i] ^ whole[i - kDigestAt]));
  }
  const bool recognized = difference == 0;
  if (recognized) advance(advanced, whole);
  wipe(&advanced, sizeof advanced);
  wipe(whole, sizeof whole);
  return recognized;
}

void RelayDirection::seal(std::uint8_t *body) {
  std::uint8_t whole[kSha3Size];
  digest_cell(digest_, body, whole);
  std::memcpy(body + kDigestAt, whole, kDigestEnd - kDigestAt);
  advance(digest_, whole);
  wipe(whole, sizeof whole);
}

void RelayDirection::digest_cell(Digest &digest, const std::uint8_t *body, std::uint8_t *whole) const {
  if (algorithm_ == RelayAlgorithm::kTor1) {
    digest_body(*kernel_, digest.sha1, body, whole);
  } else {
    digest_body(*kernel_, digest.sha3, body, whole);
  }
}

void RelayDirection::advance(const Digest &digest, const std::uint8_t *whole) {
  if (&digest != &digest_) digest_ = digest;
  std::memcpy(tag_, whole, kRelayTagSize);
  has_tag_ = true;
}

}  // namespace ramson
