// Numbers modulo p = 2^255 - 19, as five limbs of 51 bits with room to spare: a product or a square is only just
// reduced (limbs below 2^51 + 2^13); a sum or a difference is not carried at all. One sum or difference of products, or
// a sum of two such, may go into the next product (limbs below 2^54); anything deeper may not. No branch and no address
// depends on a value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../kernels/words.h"
#include "wipe.h"

namespace ramson {

inline constexpr std::size_t kFieldSize = 32;
inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << 51) - 1;

struct Field {
  std::uint64_t limbs[5];
};

__extension__ typedef unsigned __int128 Wide;

inline Wide wide_product(std::uint64_t a, std::uint64_t b) { return Wide{a} * b; }

/// Carries five sums of products into limbs.
inline Field carried(Wide sum0, Wide sum1, Wide sum2, Wide sum3, Wide sum4) {
  Field out;
  // Two chains at once: 0 to 1 to 2 to 3, and 3 to 4 to 0.
  const std::uint64_t r0 = static_cast<std::uint64_t>(sum0) & kLimbMask,
                      r3 = static_cast<std::uint64_t>(sum3) & kLimbMask;
  sum1 += static_cast<std::uint64_t>(sum0 >> 51);
  sum4 += static_cast<std::uint64_t>(sum3 >> 51);
  const std::uint64_t r1 = static_cast<std::uint64_t>(sum1) & kLimbMask,
                      r4 = static_cast<std::uint64_t>(sum4) & kLimbMask;
  sum2 += static_cast<std::uint64_t>(sum1 >> 51);
  const std::uint64_t low = r0 + 19 * static_cast<std::uint64_t>(sum4 >> 51);
  const std::uint64_t r2 = static_cast<std::uint64_t>(sum2) & kLimbMask;
  const std::uint64_t high = r3 + static_cast<std::uint64_t>(sum2 >> 51);
  out.limbs[0] = low & kLimbMask;
  out.limbs[1] = r1 + (low >> 51);
  out.limbs[2] = r2;
  out.limbs[3] = high & kLimbMask;
  out.limbs[4] = r4 + (high >> 51);
  return out;
}

inline Field operator+(const Field &a, const Field &b) {
  Field out;
  for (std::size_t i = 0; i < 5; i++) out.limbs[i] = a.limbs[i] + b.limbs[i];
  return out;
}

/// 4p is added first, so that no limb falls below zero.
inline Field operator-(const Field &a, const Field &b) {
  constexpr std::uint64_t kLow = (std::uint64_t{1} << 53) - 76, kOther = (std::uint64_t{1} << 53) - 4;
  Field out;
  out.limbs[0] = a.limbs[0] + kLow - b.limbs[0];
  for (std::size_t i = 1; i < 5; i++) out.limbs[i] = a.limbs[i] + kOther - b.limbs[i];
  return out;
}

inline Field operator*(const Field &a, const Field &b) {
  const std::uint64_t a0 = a.limbs[0], a1 = a.limbs[1], a2 = a.limbs[2], a3 = a.limbs[3], a4 = a.limbs[4];
  const std::uint64_t b0 = b.limbs[0], b1 = b.limbs[1], b2 = b.limbs[2], b3 = b.limbs[3], b4 = b.limbs[4];
  // 2^255 is 19.
  const std::uint64_t c1 = 19 * b1, c2 = 19 * b2, c3 = 19 * b3, c4 = 19 * b4;
  return carried(
      wide_product(a0, b0) + wide_product(a1, c4) + wide_product(a2, c3) + wide_product(a3, c2) + wide_product(a4, c1),
      wide_product(a0, b1) + wide_product(a1, b0) + wide_product(a2, c4) + wide_product(a3, c3) + wide_product(a4, c2),
      wide_product(a0, b2) + wide_product(a1, b1) + wide_product(a2, b0) + wide_product(a3, c4) + wide_product(a4, c3),
      wide_product(a0, b3) + wide_product(a1, b2) + wide_product(a2, b1) + wide_product(a3, b0) + wide_product(a4, c4),
      wide_product(a0, b4) + wide_product(a1, b3) + wide_product(a2, b2) + wide_product(a3, b1) + wide_product(a4, b0));
}

inline Field square(const Field &a) {
  const std::uint64_t a0 = a.limbs[0], a1 = a.limbs[1], a2 = a.limbs[2], a3 = a.limbs[3], a4 = a.limbs[4];
  const std::uint64_t twice0 = 2 * a0, twice1 = 2 * a1, c3 = 19 * a3, c4 = 19 * a4, twice_c4 = 2 * c4;
  return carried(wide_product(a0, a0) + wide_product(a1, twice_c4) + wide_product(2 * a2, c3),
                 wide_product(twice0, a1) + wide_product(a2, twice_c4) + wide_product(a3, c3),
                 wide_product(twice0, a2) + wide_product(a1, a1) + wide_product(a3, twice_c4),
                 wide_product(twice0, a3) + wide_product(twice1, a2) + wide_product(a4, c4),
                 wide_product(twice0, a4) + wide_product(twice1, a3) + wide_product(a2, a2));
}

inline Field operator*(const Field &a, std::uint32_t factor) {
  return carried(wide_product(a.limbs[0], factor), wide_product(a.limbs[1], factor), wide_product(a.limbs[2], factor),
                 wide_product(a.limbs[3], factor), wide_product(a.limbs[4], factor));
}

/// `chosen` is all ones to take `other`, and zero to leave `value`.
inline void choose(Field &value, const Field &other, std::uint64_t chosen) {
  for (std::size_t i = 0; i < 5; i++) value.limbs[i] ^= chosen & (value.limbs[i] ^ other.limbs[i]);
}

inline constexpr Field kFieldOne = {{1, 0, 0, 0, 0}};

/// Little-endian; the highest bit does not count, and what is not below p is taken modulo p (RFC 7748, section 5).
Field field_from(const std::uint8_t *octets);
/// The one representation below p; `value` has been carried at least once since it was a product.
void field_to(const Field &value, std::uint8_t *octets);
/// All ones when the value is zero, else zero.
std::uint64_t is_zero(const Field &value);
/// Turns each of up to kMaxInverses values into its inverse, for little more than the price of one. Zero stays zero,
/// and does the others no harm.
void invert(Field *values, std::size_t count);
inline constexpr std::size_t kMaxInverses = 8;

}  // namespace ramson
