// Multiples of the base point of Curve25519, which is where every ephemeral key comes from: four to five times cheaper
// than the ladder, because the point is known beforehand.
#pragma once

#include "field25519.h"

namespace ramson {

/// A u coordinate as numerator and denominator, to be divided together with others.
struct Fraction {
  Field over, under;
};

/// `scalar` has 32 octets, little-endian and clamped (RFC 7748, section 5).
Fraction multiply_base_point(const std::uint8_t *scalar);

}  // namespace ramson
