// AES counter mode with VAES on 256-bit registers, sixteen blocks at a time, for processors without AVX-512.

#include "../aesni/blocks.h"

namespace ramson::vaes256 {
namespace {

constexpr std::size_t kWide = 8;
constexpr std::size_t kPairSize = 2 * kAesBlockSize;

inline __m256i load_pair(const std::uint8_t *at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(at)); }

inline void store_pair(std::uint8_t *at, __m256i pair) { _mm256_storeu_si256(reinterpret_cast<__m256i *>(at), pair); }

inline __m256i round_key_pair(const AesKey &key, int round) {
  return _mm256_broadcastsi128_si256(round_key(key, round));
}

template <int Rounds>
inline void make_stream(const AesKey &key, __m256i counter, __m256i (&stream)[kWide]) {
  const __m256i swap = _mm256_broadcastsi128_si256(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0));
  const __m256i first = round_key_pair(key, 0);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) {
    const auto ahead = static_cast<long long>(2 * i);
    const __m256i pair = _mm256_add_epi64(counter, _mm256_set_epi64x(ahead, 0, ahead, 0));
    stream[i] = _mm256_xor_si256(_mm256_shuffle_epi8(pair, swap), first);
  }
#pragma GCC unroll 16
  for (int round = 1; round < Rounds; round++) {
    const __m256i next = round_key_pair(key, round);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) stream[i] = _mm256_aesenc_epi128(stream[i], next);
  }
  const __m256i last = round_key_pair(key, Rounds);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) stream[i] = _mm256_aesenclast_epi128(stream[i], last);
}

template <int Rounds>
inline void ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  if (needs_slow_path(state, size)) return ctr_slowly<Rounds>(state, data, size);
  const std::size_t rest = spend_rest(state, data);
  data += rest;
  size -= rest;
  const auto high = static_cast<long long>(__builtin_bswap64(state.counter_high));
  const auto low = static_cast<long long>(state.counter_low);
  __m256i counter = _mm256_set_epi64x(low + 1, high, low, high);
  const __m256i step = _mm256_set_epi64x(2 * kWide, 0, 2 * kWide, 0);
  __m256i stream[kWide];
  while (size >= kWide * kPairSize) {
    make_stream<Rounds>(state.key, counter, stream);
    counter = _mm256_add_epi64(counter, step);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      std::uint8_t *at = data + i * kPairSize;
      store_pair(at, _mm256_xor_si256(load_pair(at), stream[i]));
    }
    state.counter_low += 2 * kWide;
    data += kWide * kPairSize;
    size -= kWide * kPairSize;
  }
  state.used = kAesBlockSize;
  if (size == 0) return store_block(state.keystream, _mm_setzero_si128());
  make_stream<Rounds>(state.key, counter, stream);
  state.counter_low += (size + kAesBlockSize - 1) / kAesBlockSize;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) {
    if (size >= kPairSize) {
      store_pair(data, _mm256_xor_si256(load_pair(data), stream[i]));
      data += kPairSize;
      size -= kPairSize;
    } else {
      __m128i block = _mm256_castsi256_si128(stream[i]);
      if (size >= kAesBlockSize) {
        store_block(data, _mm_xor_si128(load_block(data), block));
        data += kAesBlockSize;
        size -= kAesBlockSize;
        block = _mm256_extracti128_si256(stream[i], 1);
      }
      if (size != 0) {
        spend_first(block, data + size, size);
        store_block(state.keystream, block);
        state.used = static_cast<std::uint32_t>(size);
      }
      return;
    }
  }
}

}  // namespace

void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  return state.key.rounds == 10 ? ctr<10>(state, data, size) : ctr<14>(state, data, size);
}

}  // namespace ramson::vaes256
