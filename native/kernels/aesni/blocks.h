// Pieces that the x86-64 kernels share: counter blocks, and the ragged ends of a counter-mode run.
//
// Internal linkage on purpose: this file is compiled once per kernel with different processor flags.
#pragma once

#include <immintrin.h>

#include "../kernel.h"
#include "../words.h"

namespace ramson {
namespace {

/// pshufb masks: a load at kSlide + 16 + n moves octets n places down, at kSlide + 16 - n moves them n places up, and
/// both bring in zeros.
alignas(64) constexpr std::uint8_t kSlide[48] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};

inline __m128i load_block(const std::uint8_t *at) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(at)); }

inline void store_block(std::uint8_t *at, __m128i block) { _mm_storeu_si128(reinterpret_cast<__m128i *>(at), block); }

inline __m128i slide(__m128i block, int down) { return _mm_shuffle_epi8(block, load_block(kSlide + 16 + down)); }

inline __m128i round_key(const AesKey &key, int round) {
  return _mm_load_si128(reinterpret_cast<const __m128i *>(key.round_keys[round]));
}

template <int Rounds>
inline __m128i encrypt_one(const AesKey &key, __m128i block) {
  block = _mm_xor_si128(block, round_key(key, 0));
#pragma GCC unroll 16
  for (int round = 1; round < Rounds; round++) block = _mm_aesenc_si128(block, round_key(key, round));
  return _mm_aesenclast_si128(block, round_key(key, Rounds));
}

/// The counter block `ahead` blocks from now.
inline __m128i counter_block(const AesCtr &state, std::uint64_t ahead) {
  std::uint64_t high = state.counter_high, low = state.counter_low;
  add_to_counter(high, low, ahead);
  return _mm_set_epi64x(static_cast<long long>(__builtin_bswap64(low)),
                        static_cast<long long>(__builtin_bswap64(high)));
}

/// Spends what is left of the last block on the first octets of `data`, which has 16 at least; returns how many.
inline std::size_t spend_rest(const AesCtr &state, std::uint8_t *data) {
  const std::size_t rest = kAesBlockSize - state.used;
  const __m128i stream = slide(load_block(state.keystream), static_cast<int>(state.used));
  store_block(data, _mm_xor_si128(load_block(data), stream));
  return rest;
}

/// XORs the first `size` (1 to 15) octets of a fresh block into the octets before `end`, of which 16 belong to the
/// data.
inline void spend_first(__m128i stream, std::uint8_t *end, std::size_t size) {
  const __m128i slid = slide(stream, static_cast<int>(size) - 16);
  store_block(end - 16, _mm_xor_si128(load_block(end - 16), slid));
}

/// Counter mode an octet at a time: for data shorter than a block, and across a carry out of the counter's low word.
template <int Rounds>
inline void ctr_slowly(AesCtr &state, std::uint8_t *data, std::size_t size) {
  for (; size != 0; size--) {
    if (state.used == kAesBlockSize) {
      store_block(state.keystream, encrypt_one<Rounds>(state.key, counter_block(state, 0)));
      add_to_counter(state.counter_high, state.counter_low, 1);
      state.used = 0;
    }
    *data++ ^= state.keystream[state.used++];
  }
}

/// True where a run over `size` octets needs the octet-wise path. CGO starts its secret counters a multiple of 64
/// blocks from the carry, give or take 31, so for them the answer is always the same.
inline bool needs_slow_path(const AesCtr &state, std::size_t size) {
  return size < 2 * kAesBlockSize || state.counter_low > UINT64_MAX - (size / kAesBlockSize + 1);
}

}  // namespace
}  // namespace ramson
