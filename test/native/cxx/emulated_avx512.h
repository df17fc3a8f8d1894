// The few AVX-512 intrinsics that native/kernels/vaes512 uses, spelled out over four 128-bit registers, so that the
// kernel's own source can be run and tested on processors without AVX-512. Masked loads and stores touch only the
// octets that the mask names, as the instructions do. What this cannot show is that the real instructions do what is
// written here; the comparison of every kernel with `generic` before its first use shows that, on the processors that
// have them.
//
// Included before the kernel's source, whose namespace is renamed at the same time.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace ramson::emulated {

struct Quad {
  __m128i parts[4];
};

template <typename Function>
inline Quad each(Function function) {
  return {{function(0), function(1), function(2), function(3)}};
}

inline Quad broadcast(__m128i part) {
  return each([&](int) { return part; });
}
inline Quad set_words(long long h, long long g, long long f, long long e, long long d, long long c, long long b,
                      long long a) {
  return {{_mm_set_epi64x(b, a), _mm_set_epi64x(d, c), _mm_set_epi64x(f, e), _mm_set_epi64x(h, g)}};
}
inline Quad add_words(Quad a, Quad b) {
  return each([&](int i) { return _mm_add_epi64(a.parts[i], b.parts[i]); });
}
inline Quad exclusive_or(Quad a, Quad b) {
  return each([&](int i) { return _mm_xor_si128(a.parts[i], b.parts[i]); });
}
inline Quad shuffle_octets(Quad a, Quad by) {
  return each([&](int i) { return _mm_shuffle_epi8(a.parts[i], by.parts[i]); });
}
inline Quad encrypt_round(Quad a, Quad key) {
  return each([&](int i) { return _mm_aesenc_si128(a.parts[i], key.parts[i]); });
}
inline Quad encrypt_last(Quad a, Quad key) {
  return each([&](int i) { return _mm_aesenclast_si128(a.parts[i], key.parts[i]); });
}
inline Quad permute_words(Quad from, Quad a) {
  std::uint64_t indices[8], words[8], out[8];
  std::memcpy(indices, &from, sizeof indices);
  std::memcpy(words, &a, sizeof words);
  for (int i = 0; i < 8; i++) out[i] = words[indices[i] & 7];
  Quad quad;
  std::memcpy(&quad, out, sizeof quad);
  return quad;
}
inline Quad swap_halves(Quad a) {
  return each([&](int i) { return _mm_shuffle_epi32(a.parts[i], 0x4e); });
}
template <int Halves>
inline Quad multiply(Quad a, Quad b) {
  return each([&](int i) { return _mm_clmulepi64_si128(a.parts[i], b.parts[i], Halves); });
}
template <int At>
inline Quad with_part(Quad a, __m128i part) {
  a.parts[At] = part;
  return a;
}
template <int At>
inline __m128i part(Quad a) {
  return a.parts[At];
}
inline __m128i lowest(Quad a) { return a.parts[0]; }
inline Quad load(const void *at) {
  Quad quad;
  std::memcpy(&quad, at, sizeof quad);
  return quad;
}
inline void store(void *at, Quad quad) { std::memcpy(at, &quad, sizeof quad); }
inline Quad load_masked(unsigned long long mask, const void *at) {
  std::uint8_t octets[64] = {};
  for (int i = 0; i < 64; i++) {
    if ((mask >> i & 1) != 0) octets[i] = static_cast<const std::uint8_t *>(at)[i];
  }
  return load(octets);
}
inline void store_masked(void *at, unsigned long long mask, Quad quad) {
  std::uint8_t octets[64];
  store(octets, quad);
  for (int i = 0; i < 64; i++) {
    if ((mask >> i & 1) != 0) static_cast<std::uint8_t *>(at)[i] = octets[i];
  }
}

}  // namespace ramson::emulated

// Where these take a constant, clang has them as macros.
#undef _mm512_shuffle_epi32
#undef _mm512_clmulepi64_epi128
#undef _mm512_inserti32x4
#undef _mm512_extracti32x4_epi32
#define __m512i ramson::emulated::Quad
#define _mm512_broadcast_i32x4 ramson::emulated::broadcast
#define _mm512_set_epi64 ramson::emulated::set_words
#define _mm512_add_epi64 ramson::emulated::add_words
#define _mm512_xor_si512 ramson::emulated::exclusive_or
#define _mm512_shuffle_epi8 ramson::emulated::shuffle_octets
#define _mm512_aesenc_epi128 ramson::emulated::encrypt_round
#define _mm512_aesenclast_epi128 ramson::emulated::encrypt_last
#define _mm512_permutexvar_epi64 ramson::emulated::permute_words
#define _mm512_castsi512_si128 ramson::emulated::lowest
#define _mm512_setzero_si512() ramson::emulated::broadcast(_mm_setzero_si128())
#define _mm512_shuffle_epi32(a, by) ramson::emulated::swap_halves(a)
#define _mm512_clmulepi64_epi128(a, b, halves) ramson::emulated::multiply<halves>(a, b)
#define _mm512_inserti32x4(a, part, at) ramson::emulated::with_part<at>(a, part)
#define _mm512_extracti32x4_epi32(a, at) ramson::emulated::part<at>(a)
#define _mm512_loadu_si512 ramson::emulated::load
#define _mm512_storeu_si512 ramson::emulated::store
#define _mm512_maskz_loadu_epi8 ramson::emulated::load_masked
#define _mm512_mask_storeu_epi8 ramson::emulated::store_masked
#define vaes512 vaes512_emulated
