// A running SHA-1 digest that can be looked at on the way (FIPS 180-4). Plain memory: copy it to try, wipe it to
// forget.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../kernels/kernel.h"

namespace ramson {

inline constexpr std::size_t kSha1Size = 20;

class Sha1 {
 public:
  static constexpr std::size_t kSize = kSha1Size;

  void start();
  void update(const Kernel &kernel, const std::uint8_t *data, std::size_t size);
  /// The digest of all octets so far; the running digest stays as it is.
  void peek(const Kernel &kernel, std::uint8_t *digest) const;

 private:
  std::uint32_t state_[kSha1StateWords];
  std::uint8_t block_[kSha1BlockSize];  // the first length_ % 64 octets wait for a whole block
  std::uint64_t length_;
};

}  // namespace ramson
