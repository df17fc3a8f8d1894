// Cipher and running digest of one hop in one direction (tor-spec 5.5.2, 6.1; rend-spec-v3 4.2.1): what the TypeScript
// interface RelayDirection promises, without Node. Whoever owns one calls it from one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../generated/cell_layout.h"
#include "../kernels/kernel.h"
#include "sha1.h"
#include "sha3.h"

namespace ramson {

inline constexpr std::size_t kRelayBodySize = cell_layout::kFixedCellBodySize;
inline constexpr std::size_t kRelayTagSize = 20;

enum class RelayAlgorithm : std::uint8_t { kTor1, kHs };

/// Octets of seed and key that an algorithm takes.
struct RelayKeySizes {
  std::size_t digest_seed, key;
};
constexpr RelayKeySizes relay_key_sizes(RelayAlgorithm algorithm) {
  return algorithm == RelayAlgorithm::kTor1 ? RelayKeySizes{20, 16} : RelayKeySizes{32, 32};
}

class RelayDirection {
 public:
  /// Copies `digest_seed` and `key`, whose sizes are relay_key_sizes(algorithm).
  RelayDirection(const Kernel &kernel, RelayAlgorithm algorithm, const std::uint8_t *digest_seed,
                 const std::uint8_t *key);
  /// Wipes everything, so that the memory given back holds no key.
  ~RelayDirection();
  RelayDirection(const RelayDirection &) = delete;
  RelayDirection &operator=(const RelayDirection &) = delete;

  /// Encrypts or decrypts a body of 509 octets in place.
  void crypt(std::uint8_t *body) { kernel_->aes_ctr(cipher_, body, kRelayBodySize); }
  /// After crypt: true, and the digest advanced, where `recognized` is zero and the digest field matches.
  bool recognize(const std::uint8_t *body);
  /// Before crypt: advances the digest and writes its first octets into the digest field.
  void seal(std::uint8_t *body);
  /// The digest's first 20 octets as of the last cell sealed or recognized; null before the first.
  const std::uint8_t *tag() const { return has_tag_ ? tag_ : nullptr; }

 private:
  union Digest {
    Sha1 sha1;
    Sha3 sha3;
  };

  void digest_cell(Digest &digest, const std::uint8_t *body, std::uint8_t *whole) const;
  void advance(const Digest &digest, const std::uint8_t *whole);

  AesCtr cipher_;
  Digest digest_;
  const Kernel *kernel_;
  RelayAlgorithm algorithm_;
  bool has_tag_;
  std::uint8_t tag_[kRelayTagSize];
};

}  // namespace ramson
