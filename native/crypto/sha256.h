// SHA-256 (FIPS 180-4) and what is built on it: HMAC (RFC 2104) and the second half of HKDF (RFC 5869). Plain memory:
// copy it to try, wipe it to forget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../kernels/kernel.h"

namespace ramson {

inline constexpr std::size_t kSha256Size = 32;

class Sha256 {
 public:
  static constexpr std::size_t kSize = kSha256Size;

  void start();
  void update(const Kernel &kernel, const std::uint8_t *data, std::size_t size);
  /// The digest of all octets so far; the running digest stays as it is.
  void peek(const Kernel &kernel, std::uint8_t *digest) const;

 private:
  std::uint32_t state_[kSha256StateWords];
  std::uint8_t block_[kSha256BlockSize];  // the first length_ % 64 octets wait for a whole block
  std::uint64_t length_;
};

/// Wipes itself.
class HmacSha256 {
 public:
  /// `key` has 64 octets at most.
  HmacSha256(const Kernel &kernel, const std::uint8_t *key, std::size_t size);
  HmacSha256(const Kernel &kernel, std::string_view key);
  ~HmacSha256();
  HmacSha256(const HmacSha256 &) = delete;
  HmacSha256 &operator=(const HmacSha256 &) = delete;

  HmacSha256 &add(const std::uint8_t *data, std::size_t size);
  HmacSha256 &add(std::string_view text);
  /// The code of all octets so far, after which the next message with the same key may begin.
  void finish(std::uint8_t *code);

 private:
  const Kernel &kernel_;
  Sha256 inner_start_, outer_start_, inner_;
};

/// HKDF-Expand; `seed` has 32 octets, `size` is 255 * 32 at most.
void hkdf_expand(const Kernel &kernel, const std::uint8_t *seed, std::string_view info, std::uint8_t *out,
                 std::size_t size);

}  // namespace ramson
