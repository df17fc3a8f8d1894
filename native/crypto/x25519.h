// X25519 (RFC 7748), several at a time: a division costs a tenth of a multiplication, and products that are worked out
// together share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ramson {

inline constexpr std::size_t kX25519Size = 32;
inline constexpr std::size_t kMaxX25519Products = 8;

/// `secret` need not be clamped. The base point where `point` is null. All have 32 octets.
struct X25519Product {
  const std::uint8_t *secret;
  const std::uint8_t *point;
  std::uint8_t *out;
};

/// A product is all zero when its point is of small order.
void x25519(std::span<const X25519Product> products);

/// All ones when 32 octets are all zero, else zero; takes the same time for all.
std::uint64_t is_zero(const std::uint8_t *octets);

}  // namespace ramson
