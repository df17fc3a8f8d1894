// A running SHA3-256 digest that can be looked at on the way, or SHAKE256 (FIPS 202). Plain memory: copy it to try,
// wipe it to forget.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../kernels/kernel.h"

namespace ramson {

inline constexpr std::size_t kSha3Size = 32;

class Sha3 {
 public:
  static constexpr std::size_t kSize = kSha3Size;

  void start();
  void update(const Kernel &kernel, const std::uint8_t *data, std::size_t size);
  /// The digest of all octets so far; the running digest stays as it is.
  void peek(const Kernel &kernel, std::uint8_t *digest) const;
  /// `size` octets of the SHAKE256 output for all octets so far; the state stays as it is.
  void peek_shake(const Kernel &kernel, std::uint8_t *out, std::size_t size) const;

 private:
  static constexpr std::size_t kRate = 136;  // octets absorbed per permutation

  std::uint64_t state_[kKeccakStateWords];
  std::size_t absorbed_;  // octets added to the state since the last permutation, less than kRate
};

}  // namespace ramson
