// POLYVAL with PCLMULQDQ: eight blocks are multiplied by eight powers of the key and reduced together.

#include "blocks.h"

namespace ramson::aesni {
namespace {

/// A product of 256 bits that is not yet reduced: high and low halves and what straddles them.
struct Product {
  __m128i low, cross, high;
};

inline Product product(__m128i a, __m128i b) {
  return {_mm_clmulepi64_si128(a, b, 0x00),
          _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10)),
          _mm_clmulepi64_si128(a, b, 0x11)};
}

inline Product add(const Product &a, const Product &b) {
  return {_mm_xor_si128(a.low, b.low), _mm_xor_si128(a.cross, b.cross), _mm_xor_si128(a.high, b.high)};
}

/// Divides by x^128 modulo x^128 + x^127 + x^126 + x^121 + 1, in two steps of x^64.
inline __m128i reduce(const Product &p) {
  const __m128i modulus = _mm_set_epi64x(0, static_cast<long long>(0xc200000000000000));
  __m128i low = _mm_xor_si128(p.low, _mm_slli_si128(p.cross, 8));
  const __m128i high = _mm_xor_si128(p.high, _mm_srli_si128(p.cross, 8));
  for (int step = 0; step < 2; step++) {
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  }
  return _mm_xor_si128(low, high);
}

inline __m128i power(const PolyvalKey &key, std::size_t exponent) {
  return _mm_load_si128(reinterpret_cast<const __m128i *>(key.powers[exponent - 1]));
}

}  // namespace

void polyval_expand(PolyvalKey &key, const std::uint8_t *octets, std::size_t powers) {
  const __m128i first = load_block(octets);
  __m128i next = first;
  store_block(key.powers[0], next);
  for (std::size_t i = 1; i < powers; i++) {
    next = reduce(product(next, first));
    store_block(key.powers[i], next);
  }
}

void polyval(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t blocks) {
  __m128i total = load_block(sum);
  while (blocks != 0) {
    const std::size_t take = blocks < kPolyvalPowers ? blocks : kPolyvalPowers;
    Product folded = product(_mm_xor_si128(total, load_block(data)), power(key, take));
    for (std::size_t i = 1; i < take; i++) {
      folded = add(folded, product(load_block(data + i * kPolyvalBlockSize), power(key, take - i)));
    }
    total = reduce(folded);
    data += take * kPolyvalBlockSize;
    blocks -= take;
  }
  store_block(sum, total);
}

}  // namespace ramson::aesni
