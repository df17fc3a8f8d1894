// On the Edwards curve -x^2 + y^2 = 1 + d x^2 y^2, which is Curve25519 in other coordinates: u = (1 + y) / (1 - y)
// (RFC 7748, section 4.1). Points are (X : Y : Z : T) with x = X/Z, y = Y/Z and T = XY/Z (Hisil, Wong, Carter, Dawson
// 2008); their formulas hold for every pair of points.
//
// The scalar is written in 64 signed digits of 4 bits. A table, made at first use from the curve's published
// parameters, holds 1 to 8 times 256^i times the base point, which serves every even digit directly and every odd one
// after four doublings. Entries are picked by reading all eight.

#include "base_point.h"

#include <memory>
#include <mutex>

namespace ramson {
namespace {

constexpr std::size_t kRows = 32;
constexpr std::size_t kColumns = 8;

struct Point {
  Field x, y, z, t;
};

/// A point with Z = 1, as the addition wants it.
struct Addend {
  Field sum, difference, product;  // y + x, y - x, 2 d x y
};

constexpr std::uint8_t kD[kFieldSize] = {0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41,
                                         0x41, 0x4d, 0x0a, 0x70, 0x00, 0x98, 0xe8, 0x79, 0x77, 0x79, 0x40,
                                         0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52};
constexpr std::uint8_t kBaseX[kFieldSize] = {0x1a, 0xd5, 0x25, 0x8f, 0x60, 0x2d, 0x56, 0xc9, 0xb2, 0xa7, 0x25,
                                             0x95, 0x60, 0xc7, 0x2c, 0x69, 0x5c, 0xdc, 0xd6, 0xfd, 0x31, 0xe2,
                                             0xa4, 0xc0, 0xfe, 0x53, 0x6e, 0xcd, 0xd3, 0x36, 0x69, 0x21};
constexpr std::uint8_t kBaseY[kFieldSize] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                             0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                             0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};

/// `twice_z` is 2 Z1 Z2; the products are those of sums, differences and T of both points.
Point finish_addition(const Field &a, const Field &b, const Field &c, const Field &twice_z) {
  const Field e = b - a, f = twice_z - c, g = twice_z + c, h = b + a;
  return {e * f, g * h, f * g, e * h};
}

Point add(const Point &point, const Addend &addend) {
  const Field a = (point.y - point.x) * addend.difference, b = (point.y + point.x) * addend.sum;
  return finish_addition(a, b, point.t * addend.product, point.z + point.z);
}

Point doubled(const Point &point) {
  const Field a = square(point.x), b = square(point.y), zz = square(point.z);
  const Field h = a + b, e = h - square(point.x + point.y), g = a - b, f = zz + zz + g;
  return {e * f, g * h, f * g, e * h};
}

struct Table {
  Addend rows[kRows][kColumns];

  Table() {
    const Field d = field_from(kD), twice_d = (d + d) * kFieldOne;
    const Field x = field_from(kBaseX), y = field_from(kBaseY);
    Point first{x, y, kFieldOne, x * y};
    for (auto &row : rows) {
      Point multiples[kColumns];
      multiples[0] = first;
      for (std::size_t i = 1; i < kColumns; i++) {
        const Point &last = multiples[i - 1];
        const Field a = (last.y - last.x) * (first.y - first.x), b = (last.y + last.x) * (first.y + first.x);
        const Field zz = last.z * first.z;
        multiples[i] = finish_addition(a, b, last.t * first.t * twice_d, zz + zz);
      }
      static_assert(kColumns <= kMaxInverses);
      Field inverses[kColumns];
      for (std::size_t i = 0; i < kColumns; i++) inverses[i] = multiples[i].z;
      invert(inverses, kColumns);
      for (std::size_t i = 0; i < kColumns; i++) {
        const Field affine_x = multiples[i].x * inverses[i], affine_y = multiples[i].y * inverses[i];
        // Times one, to carry: entries go into products as if they were products.
        row[i] = {(affine_y + affine_x) * kFieldOne, (affine_y - affine_x) * kFieldOne, affine_x * affine_y * twice_d};
      }
      first = multiples[kColumns - 1];
      for (int i = 0; i < 5; i++) first = doubled(first);
    }
  }
};

/// Read-only once it is made, and the same for every thread.
const Table &table() {
  static std::once_flag once;
  static const Table *made = nullptr;
  std::call_once(once, [] { made = std::make_unique<Table>().release(); });
  return *made;
}

/// All ones when both are equal, else zero; they are small.
std::uint64_t is_equal(std::uint64_t a, std::uint64_t b) { return 0 - (((a ^ b) - 1) >> 63); }

/// `digit` times the row's point, -8 to 8.
Addend pick(const Addend (&row)[kColumns], int digit) {
  const auto negative = static_cast<std::uint64_t>(static_cast<std::int64_t>(digit) >> 63);
  const std::uint64_t size = (static_cast<std::uint64_t>(digit) ^ negative) - negative;
  constexpr Field kZero = {{0, 0, 0, 0, 0}};
  Addend picked{kFieldOne, kFieldOne, kZero};
  for (std::size_t i = 0; i < kColumns; i++) {
    const std::uint64_t chosen = is_equal(size, i + 1);
    choose(picked.sum, row[i].sum, chosen);
    choose(picked.difference, row[i].difference, chosen);
    choose(picked.product, row[i].product, chosen);
  }
  const Field sum = picked.sum;
  choose(picked.sum, picked.difference, negative);
  choose(picked.difference, sum, negative);
  choose(picked.product, kZero - picked.product, negative);
  return picked;
}

}  // namespace

Fraction multiply_base_point(const std::uint8_t *scalar) {
  std::int8_t digits[2 * kRows];
  int carry = 0;
  for (std::size_t i = 0; i < 2 * kRows; i++) {
    const int digit = (scalar[i / 2] >> (i % 2 * 4) & 15) + carry;
    // A clamped scalar is below 2^255, so the last digit is 8 at most and need not carry.
    carry = i == 2 * kRows - 1 ? 0 : (digit + 8) >> 4;
    digits[i] = static_cast<std::int8_t>(digit - 16 * carry);
  }
  const Table &known = table();
  constexpr Field kZero = {{0, 0, 0, 0, 0}};
  Point sum{kZero, kFieldOne, kFieldOne, kZero};
  for (std::size_t i = 0; i < kRows; i++) sum = add(sum, pick(known.rows[i], digits[2 * i + 1]));
  for (int i = 0; i < 4; i++) sum = doubled(sum);
  for (std::size_t i = 0; i < kRows; i++) sum = add(sum, pick(known.rows[i], digits[2 * i]));
  const Fraction u{(sum.z + sum.y) * kFieldOne, (sum.z - sum.y) * kFieldOne};
  wipe(digits, sizeof digits);
  wipe(&sum, sizeof sum);
  return u;
}

}  // namespace ramson
