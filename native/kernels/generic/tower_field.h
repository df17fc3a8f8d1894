// The AES S-box as arithmetic, for any word that carries one bit of many octets at once (bit slices), so that neither
// its time nor its memory accesses depend on secrets.
//
// GF(2^8) is inverted in the tower GF(((2^2)^2)^2), where inversion takes a few dozen ANDs. The maps into the tower and
// back are linear; the compiler finds them from the two definitions, by looking for an element of the tower that is a
// root of the AES polynomial (FIPS 197, section 4.2), so there is no table here to mistype.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ramson::generic {
namespace {

/// GF(4): high * w + low, with w^2 = w + 1.
template <typename W>
struct Field4 {
  W high, low;
};
/// GF(16): high * y + low over GF(4), with y^2 = y + w.
template <typename W>
struct Field16 {
  Field4<W> high, low;
};
/// GF(256): high * x + low over GF(16), with x^2 = x + kNu.
template <typename W>
struct Field256 {
  Field16<W> high, low;
};

template <typename W>
constexpr Field4<W> add(Field4<W> a, Field4<W> b) {
  return {a.high ^ b.high, a.low ^ b.low};
}
template <typename W>
constexpr Field4<W> multiply(Field4<W> a, Field4<W> b) {
  const W low = a.low & b.low;
  return {((a.high ^ a.low) & (b.high ^ b.low)) ^ low, (a.high & b.high) ^ low};
}
template <typename W>
constexpr Field4<W> square(Field4<W> a) {
  return {a.high, a.high ^ a.low};
}
template <typename W>
constexpr Field4<W> times_w(Field4<W> a) {
  return {a.high ^ a.low, a.high};
}

template <typename W>
constexpr Field16<W> add(Field16<W> a, Field16<W> b) {
  return {add(a.high, b.high), add(a.low, b.low)};
}
template <typename W>
constexpr Field16<W> multiply(Field16<W> a, Field16<W> b) {
  const Field4<W> high = multiply(a.high, b.high);
  const Field4<W> low = multiply(a.low, b.low);
  const Field4<W> cross = multiply(add(a.high, a.low), add(b.high, b.low));
  return {add(cross, low), add(low, times_w(high))};
}
template <typename W>
constexpr Field16<W> square(Field16<W> a) {
  const Field4<W> high = square(a.high);
  return {high, add(square(a.low), times_w(high))};
}
template <typename W>
constexpr Field16<W> invert(Field16<W> a) {
  const Field4<W> norm = add(add(times_w(square(a.high)), multiply(a.high, a.low)), square(a.low));
  const Field4<W> inverse = square(norm);  // in GF(4), the inverse is the square
  return {multiply(a.high, inverse), multiply(add(a.high, a.low), inverse)};
}

using Scalar16 = Field16<unsigned>;
using Scalar256 = Field256<unsigned>;

constexpr Scalar16 scalar16(unsigned bits) { return {{bits >> 3 & 1, bits >> 2 & 1}, {bits >> 1 & 1, bits & 1}}; }
constexpr unsigned bits_of(Scalar16 a) { return a.high.high << 3 | a.high.low << 2 | a.low.high << 1 | a.low.low; }

/// The first constant for which x^2 + x + constant has no root in GF(16).
constexpr unsigned find_nu() {
  for (unsigned nu = 1; nu < 16; nu++) {
    bool root = false;
    for (unsigned z = 0; z < 16; z++) {
      root = root || bits_of(add(square(scalar16(z)), scalar16(z))) == nu;
    }
    if (!root) return nu;
  }
  return 0;
}
constexpr unsigned kNu = find_nu();
static_assert(kNu != 0);

/// Row i holds the input bits whose sum is output bit i.
template <std::size_t N>
using Matrix = std::array<std::uint8_t, N>;

template <std::size_t N>
constexpr Matrix<N> from_columns(const std::array<unsigned, N> &columns) {
  Matrix<N> rows{};
  for (std::size_t row = 0; row < N; row++) {
    unsigned bits = 0;
    for (std::size_t column = 0; column < N; column++) bits |= (columns[column] >> row & 1) << column;
    rows[row] = static_cast<std::uint8_t>(bits);
  }
  return rows;
}

template <std::size_t N>
constexpr unsigned apply(const Matrix<N> &matrix, unsigned bits) {
  unsigned out = 0;
  for (std::size_t row = 0; row < N; row++) {
    out |= static_cast<unsigned>(__builtin_parity(matrix[row] & bits)) << row;
  }
  return out;
}

/// a * b as matrices: first b, then a.
template <std::size_t N>
constexpr Matrix<N> compose(const Matrix<N> &a, const Matrix<N> &b) {
  std::array<unsigned, N> columns{};
  for (std::size_t i = 0; i < N; i++) columns[i] = apply(a, apply(b, 1u << i));
  return from_columns<N>(columns);
}

template <std::size_t N>
constexpr Matrix<N> inverse(const Matrix<N> &matrix) {
  std::array<unsigned, N> columns{};
  for (unsigned value = 1; value < 1u << N; value++) {
    const unsigned image = apply(matrix, value);
    for (std::size_t i = 0; i < N; i++) {
      if (image == 1u << i) columns[i] = value;
    }
  }
  return from_columns<N>(columns);
}

constexpr Matrix<4> square_times_nu() {
  std::array<unsigned, 4> columns{};
  for (std::size_t i = 0; i < 4; i++) columns[i] = bits_of(multiply(square(scalar16(1u << i)), scalar16(kNu)));
  return from_columns<4>(columns);
}

template <std::uint8_t Row, typename W, std::size_t N>
constexpr W sum_of(const W (&planes)[N]) {
  W sum{};
  for (std::size_t i = 0; i < N; i++) {
    if (Row >> i & 1) sum ^= planes[i];
  }
  return sum;
}

/// The matrix applied to bit planes, planes[i] carrying bit i.
template <auto Rows, typename W, std::size_t N>
constexpr void transform(W (&planes)[N]) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const W out[N] = {sum_of<Rows[I]>(planes)...};
    ((planes[I] = out[I]), ...);
  }
  (std::make_index_sequence<N>{});
}

template <typename W>
constexpr Field16<W> square_times_nu(Field16<W> a) {
  W planes[4] = {a.low.low, a.low.high, a.high.low, a.high.high};
  transform<square_times_nu()>(planes);
  return {{planes[3], planes[2]}, {planes[1], planes[0]}};
}

template <typename W>
constexpr Field256<W> invert(Field256<W> a) {
  const Field16<W> norm = add(add(square_times_nu(a.high), multiply(a.high, a.low)), square(a.low));
  const Field16<W> inverse = invert(norm);
  return {multiply(a.high, inverse), multiply(add(a.high, a.low), inverse)};
}

constexpr unsigned tower_multiply(unsigned a, unsigned b) {
  const Scalar16 ah = scalar16(a >> 4), al = scalar16(a & 15), bh = scalar16(b >> 4), bl = scalar16(b & 15);
  const Scalar16 high = multiply(ah, bh), low = multiply(al, bl);
  const Scalar16 cross = add(multiply(ah, bl), multiply(al, bh));
  return bits_of(add(high, cross)) << 4 | bits_of(add(low, multiply(high, scalar16(kNu))));
}

constexpr Matrix<8> find_to_tower() {
  for (unsigned root = 2; root < 256; root++) {
    std::array<unsigned, 9> power{};
    power[0] = 1;
    for (std::size_t i = 1; i < 9; i++) power[i] = tower_multiply(power[i - 1], root);
    // x^8 + x^4 + x^3 + x + 1 (FIPS 197, section 4.2)
    if ((power[8] ^ power[4] ^ power[3] ^ power[1] ^ power[0]) != 0) continue;
    std::array<unsigned, 8> columns{};
    for (std::size_t i = 0; i < 8; i++) columns[i] = power[i];
    return from_columns<8>(columns);
  }
  return {};
}

constexpr Matrix<8> find_affine() {
  // FIPS 197, section 5.1.1: bit i of the result sums bits i, i+4, i+5, i+6 and i+7 of the inverse.
  Matrix<8> rows{};
  for (unsigned i = 0; i < 8; i++) {
    unsigned row = 0;
    for (unsigned step : {0u, 4u, 5u, 6u, 7u}) row |= 1u << ((i + step) % 8);
    rows[i] = static_cast<std::uint8_t>(row);
  }
  return rows;
}

constexpr Matrix<8> kToTower = find_to_tower();
constexpr Matrix<8> kFromTower = inverse(kToTower);
constexpr Matrix<8> kAffine = find_affine();
constexpr Matrix<8> kTowerToSbox = compose(kAffine, kFromTower);
constexpr Matrix<8> kSboxToTower = compose(kToTower, inverse(kAffine));
constexpr unsigned kAffineConstant = 0x63;

template <typename W>
constexpr void invert_planes(W (&p)[8]) {
  const Field256<W> out = invert(Field256<W>{{{p[7], p[6]}, {p[5], p[4]}}, {{p[3], p[2]}, {p[1], p[0]}}});
  p[7] = out.high.high.high;
  p[6] = out.high.high.low;
  p[5] = out.high.low.high;
  p[4] = out.high.low.low;
  p[3] = out.low.high.high;
  p[2] = out.low.high.low;
  p[1] = out.low.low.high;
  p[0] = out.low.low.low;
}

template <typename W>
constexpr void add_affine_constant(W (&planes)[8]) {
  for (unsigned i = 0; i < 8; i++) {
    if (kAffineConstant >> i & 1) planes[i] = ~planes[i];
  }
}

/// SubBytes on bit planes.
template <typename W>
constexpr void substitute(W (&planes)[8]) {
  transform<kToTower>(planes);
  invert_planes(planes);
  transform<kTowerToSbox>(planes);
  add_affine_constant(planes);
}

/// InvSubBytes on bit planes.
template <typename W>
constexpr void substitute_inverse(W (&planes)[8]) {
  add_affine_constant(planes);
  transform<kSboxToTower>(planes);
  invert_planes(planes);
  transform<kFromTower>(planes);
}

/// The S-box on up to 32 octets that `planes` carry crosswise, for the key schedule.
constexpr unsigned substitute_octet(unsigned octet) {
  unsigned planes[8] = {};
  for (unsigned i = 0; i < 8; i++) planes[i] = octet >> i & 1;
  substitute(planes);
  unsigned out = 0;
  for (unsigned i = 0; i < 8; i++) out |= (planes[i] & 1) << i;
  return out;
}

static_assert(substitute_octet(0x00) == 0x63 && substitute_octet(0x53) == 0xed);  // FIPS 197, section 5.1.1

}  // namespace
}  // namespace ramson::generic
