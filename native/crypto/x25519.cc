#include "x25519.h"

#include <cstring>

#include "base_point.h"
#include "field25519.h"
#include "wipe.h"

namespace ramson {
namespace {

void exchange(Field &a, Field &b, std::uint64_t chosen) {
  for (std::size_t i = 0; i < 5; i++) {
    const std::uint64_t difference = chosen & (a.limbs[i] ^ b.limbs[i]);
    a.limbs[i] ^= difference;
    b.limbs[i] ^= difference;
  }
}

/// The Montgomery ladder of RFC 7748, section 5, in its names.
Fraction multiply(const std::uint8_t *scalar, const std::uint8_t *point) {
  constexpr Field kZero = {{0, 0, 0, 0, 0}};
  const Field x1 = field_from(point);
  Field x2 = kFieldOne, z2 = kZero, x3 = x1, z3 = kFieldOne;
  std::uint64_t swapped = 0;
  for (int t = 254; t >= 0; t--) {
    const std::uint64_t bit = 0 - static_cast<std::uint64_t>(scalar[t / 8] >> t % 8 & 1);
    exchange(x2, x3, swapped ^ bit);
    exchange(z2, z3, swapped ^ bit);
    swapped = bit;
    const Field a = x2 + z2, b = x2 - z2, c = x3 + z3, d = x3 - z3;
    const Field da = d * a, cb = c * b, aa = square(a), bb = square(b), e = aa - bb;
    x3 = square(da + cb);
    z3 = x1 * square(da - cb);
    x2 = aa * bb;
    z2 = e * (aa + e * 121665);
  }
  // The last bit of a clamped scalar is zero, so nothing is left to be swapped.
  const Fraction u{x2, z2};
  for (Field *each : {&x2, &z2, &x3, &z3}) wipe(each, sizeof *each);
  return u;
}

}  // namespace

void x25519(std::span<const X25519Product> products) {
  static_assert(kMaxX25519Products <= kMaxInverses);
  Field over[kMaxX25519Products], under[kMaxX25519Products];
  std::uint8_t scalar[kX25519Size];
  for (std::size_t i = 0; i < products.size(); i++) {
    std::memcpy(scalar, products[i].secret, sizeof scalar);
    scalar[0] &= 248;
    scalar[31] = static_cast<std::uint8_t>((scalar[31] & 127) | 64);
    Fraction u = products[i].point == nullptr ? multiply_base_point(scalar) : multiply(scalar, products[i].point);
    over[i] = u.over;
    under[i] = u.under;
    wipe(&u, sizeof u);
  }
  invert(under, products.size());
  for (std::size_t i = 0; i < products.size(); i++) field_to(over[i] * under[i], products[i].out);
  wipe(over, sizeof over);
  wipe(under, sizeof under);
  wipe(scalar, sizeof scalar);
}

std::uint64_t is_zero(const std::uint8_t *octets) {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < kX25519Size; i++) any |= octets[i];
  return 0 - ((any - 1) >> 63);
}

}  // namespace ramson
