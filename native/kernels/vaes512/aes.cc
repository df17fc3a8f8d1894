// AES counter mode with VAES on 512-bit registers: the 32 blocks that a cell takes are made in one go.

#include "../aesni/blocks.h"

namespace ramson::vaes512 {
namespace {

constexpr std::size_t kWide = 8;
constexpr std::size_t kQuadBlocks = 4;
constexpr std::size_t kQuadSize = kQuadBlocks * kAesBlockSize;

inline __m512i round_key_quad(const AesKey &key, int round) { return _mm512_broadcast_i32x4(round_key(key, round)); }

template <int Rounds>
inline void make_stream(const AesKey &key, __m512i counter, __m512i (&stream)[kWide]) {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0));
  const __m512i first = round_key_quad(key, 0);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) {
    const auto ahead = static_cast<long long>(kQuadBlocks * i);
    const __m512i quad = _mm512_add_epi64(counter, _mm512_set_epi64(ahead, 0, ahead, 0, ahead, 0, ahead, 0));
    stream[i] = _mm512_xor_si512(_mm512_shuffle_epi8(quad, swap), first);
  }
#pragma GCC unroll 16
  for (int round = 1; round < Rounds; round++) {
    const __m512i next = round_key_quad(key, round);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) stream[i] = _mm512_aesenc_epi128(stream[i], next);
  }
  const __m512i last = round_key_quad(key, Rounds);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) stream[i] = _mm512_aesenclast_epi128(stream[i], last);
}

/// Block `index` (0 to 3) of a register.
inline __m128i block_of(__m512i quad, std::size_t index) {
  const auto word = static_cast<long long>(2 * index);
  const __m512i from = _mm512_set_epi64(0, 0, 0, 0, 0, 0, word + 1, word);
  return _mm512_castsi512_si128(_mm512_permutexvar_epi64(from, quad));
}

template <int Rounds>
inline void ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  if (needs_slow_path(state, size)) return ctr_slowly<Rounds>(state, data, size);
  const std::size_t rest = spend_rest(state, data);
  data += rest;
  size -= rest;
  const auto high = static_cast<long long>(__builtin_bswap64(state.counter_high));
  const auto low = static_cast<long long>(state.counter_low);
  __m512i counter = _mm512_set_epi64(low + 3, high, low + 2, high, low + 1, high, low, high);
  constexpr long long kStep = kWide * kQuadBlocks;
  const __m512i step = _mm512_set_epi64(kStep, 0, kStep, 0, kStep, 0, kStep, 0);
  state.used = kAesBlockSize;
  while (size != 0) {
    __m512i stream[kWide];
    make_stream<Rounds>(state.key, counter, stream);
    counter = _mm512_add_epi64(counter, step);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      if (size > kQuadSize) {
        _mm512_storeu_si512(data, _mm512_xor_si512(_mm512_loadu_si512(data), stream[i]));
        data += kQuadSize;
        size -= kQuadSize;
        state.counter_low += kQuadBlocks;
      } else {
        // The mask keeps the load and the store inside the data.
        const __mmask64 inside = UINT64_MAX >> (kQuadSize - size);
        _mm512_mask_storeu_epi8(data, inside, _mm512_xor_si512(_mm512_maskz_loadu_epi8(inside, data), stream[i]));
        const std::size_t last = (size - 1) / kAesBlockSize;
        store_block(state.keystream, block_of(stream[i], last));
        state.used = static_cast<std::uint32_t>(size - last * kAesBlockSize);
        state.counter_low += last + 1;
        return;
      }
    }
  }
}

}  // namespace

void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  return state.key.rounds == 10 ? ctr<10>(state, data, size) : ctr<14>(state, data, size);
}

}  // namespace ramson::vaes512
