// POLYVAL with VPCLMULQDQ on 256-bit registers: two products an instruction, eight blocks a reduction.

#include "../aesni/blocks.h"

namespace ramson::vaes256 {
namespace {

inline __m256i load_pair(const std::uint8_t *at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(at)); }

/// key^(exponent) and key^(exponent - 1), in the order of the blocks they belong to.
inline __m256i powers_from(const PolyvalKey &key, std::size_t exponent) {
  const __m256i ascending = load_pair(key.powers[exponent - 2]);
  return _mm256_permute2x128_si256(ascending, ascending, 0x01);
}

inline __m128i sum_of_halves(__m256i pair) {
  return _mm_xor_si128(_mm256_castsi256_si128(pair), _mm256_extracti128_si256(pair, 1));
}

/// Divides by x^128 modulo x^128 + x^127 + x^126 + x^121 + 1, in two steps of x^64.
inline __m128i reduce(__m128i low, __m128i cross, __m128i high) {
  const __m128i modulus = _mm_set_epi64x(0, static_cast<long long>(0xc200000000000000));
  low = _mm_xor_si128(low, _mm_slli_si128(cross, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(cross, 8));
  for (int step = 0; step < 2; step++) {
    low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  }
  return _mm_xor_si128(low, high);
}

}  // namespace

void polyval(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t blocks) {
  __m128i total = load_block(sum);
  while (blocks >= kPolyvalPowers) {
    __m256i low = _mm256_setzero_si256(), cross = low, high = low;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPolyvalPowers; i += 2) {
      __m256i pair = load_pair(data + i * kPolyvalBlockSize);
      if (i == 0) pair = _mm256_xor_si256(pair, _mm256_inserti128_si256(_mm256_setzero_si256(), total, 0));
      const __m256i factor = powers_from(key, kPolyvalPowers - i);
      low = _mm256_xor_si256(low, _mm256_clmulepi64_epi128(pair, factor, 0x00));
      cross = _mm256_xor_si256(cross, _mm256_clmulepi64_epi128(pair, factor, 0x01));
      cross = _mm256_xor_si256(cross, _mm256_clmulepi64_epi128(pair, factor, 0x10));
      high = _mm256_xor_si256(high, _mm256_clmulepi64_epi128(pair, factor, 0x11));
    }
    total = reduce(sum_of_halves(low), sum_of_halves(cross), sum_of_halves(high));
    data += kPolyvalPowers * kPolyvalBlockSize;
    blocks -= kPolyvalPowers;
  }
  store_block(sum, total);
  if (blocks != 0) aesni::polyval(key, sum, data, blocks);
}

}  // namespace ramson::vaes256
