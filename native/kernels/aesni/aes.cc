// AES with AES-NI and SSSE3: counter mode eight blocks at a time, which fills the pipes.

#include "../../crypto/wipe.h"
#include "blocks.h"

namespace ramson::aesni {
namespace {

constexpr std::size_t kWide = 8;

template <int Rounds>
inline void make_stream(const AesKey &key, __m128i counter, __m128i (&stream)[kWide]) {
  // The counter is kept with its low word reversed into a number, so that adding to it is one instruction.
  const __m128i swap = _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m128i first = round_key(key, 0);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) {
    const __m128i block = _mm_add_epi64(counter, _mm_set_epi64x(static_cast<long long>(i), 0));
    stream[i] = _mm_xor_si128(_mm_shuffle_epi8(block, swap), first);
  }
#pragma GCC unroll 16
  for (int round = 1; round < Rounds; round++) {
    const __m128i next = round_key(key, round);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) stream[i] = _mm_aesenc_si128(stream[i], next);
  }
  const __m128i last = round_key(key, Rounds);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) stream[i] = _mm_aesenclast_si128(stream[i], last);
}

template <int Rounds>
inline void ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  if (needs_slow_path(state, size)) return ctr_slowly<Rounds>(state, data, size);
  const std::size_t rest = spend_rest(state, data);
  data += rest;
  size -= rest;
  const __m128i step = _mm_set_epi64x(kWide, 0);
  __m128i counter = _mm_set_epi64x(static_cast<long long>(state.counter_low),
                                   static_cast<long long>(__builtin_bswap64(state.counter_high)));
  __m128i stream[kWide];
  while (size >= kWide * kAesBlockSize) {
    make_stream<Rounds>(state.key, counter, stream);
    counter = _mm_add_epi64(counter, step);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      std::uint8_t *at = data + i * kAesBlockSize;
      store_block(at, _mm_xor_si128(load_block(at), stream[i]));
    }
    state.counter_low += kWide;
    data += kWide * kAesBlockSize;
    size -= kWide * kAesBlockSize;
  }
  state.used = kAesBlockSize;
  if (size == 0) return store_block(state.keystream, _mm_setzero_si128());
  make_stream<Rounds>(state.key, counter, stream);
  state.counter_low += (size + kAesBlockSize - 1) / kAesBlockSize;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) {
    if (size >= kAesBlockSize) {
      store_block(data, _mm_xor_si128(load_block(data), stream[i]));
      data += kAesBlockSize;
      size -= kAesBlockSize;
    } else {
      if (size != 0) {
        spend_first(stream[i], data + size, size);
        store_block(state.keystream, stream[i]);
        state.used = static_cast<std::uint32_t>(size);
      }
      return;
    }
  }
}

template <int Constant>
inline __m128i turned_word(__m128i from) {
  return _mm_aeskeygenassist_si128(from, Constant);
}

/// Sums the words of `key` from the left, which is what the schedule's recurrence comes to within a block.
inline __m128i running_sum(__m128i key) {
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  return _mm_xor_si128(key, _mm_slli_si128(key, 8));
}

template <int Constant>
inline __m128i next_by_turned(__m128i key, __m128i from) {
  return _mm_xor_si128(running_sum(key), _mm_shuffle_epi32(turned_word<Constant>(from), 0xff));
}

inline __m128i next_by_plain(__m128i key, __m128i from) {
  return _mm_xor_si128(running_sum(key), _mm_shuffle_epi32(turned_word<0>(from), 0xaa));
}

void expand_128(AesKey &key, const std::uint8_t *octets) {
  __m128i block = load_block(octets);
  store_block(key.round_keys[0], block);
  const auto next = [&]<int Constant>(std::size_t at) {
    block = next_by_turned<Constant>(block, block);
    store_block(key.round_keys[at], block);
  };
  next.template operator()<0x01>(1);
  next.template operator()<0x02>(2);
  next.template operator()<0x04>(3);
  next.template operator()<0x08>(4);
  next.template operator()<0x10>(5);
  next.template operator()<0x20>(6);
  next.template operator()<0x40>(7);
  next.template operator()<0x80>(8);
  next.template operator()<0x1b>(9);
  next.template operator()<0x36>(10);
}

void expand_256(AesKey &key, const std::uint8_t *octets) {
  __m128i even = load_block(octets), odd = load_block(octets + kAesBlockSize);
  store_block(key.round_keys[0], even);
  store_block(key.round_keys[1], odd);
  const auto next = [&]<int Constant>(std::size_t at) {
    even = next_by_turned<Constant>(even, odd);
    store_block(key.round_keys[at], even);
    if (at == 14) return;
    odd = next_by_plain(odd, even);
    store_block(key.round_keys[at + 1], odd);
  };
  next.template operator()<0x01>(2);
  next.template operator()<0x02>(4);
  next.template operator()<0x04>(6);
  next.template operator()<0x08>(8);
  next.template operator()<0x10>(10);
  next.template operator()<0x20>(12);
  next.template operator()<0x40>(14);
}

}  // namespace

void aes_expand(AesKey &key, const std::uint8_t *octets, std::size_t size) {
  if (size == 32) {
    key.rounds = 14;
    return expand_256(key, octets);
  }
  key.rounds = 10;
  expand_128(key, octets);
}

void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  return state.key.rounds == 10 ? ctr<10>(state, data, size) : ctr<14>(state, data, size);
}

void aes_encrypt(const AesKey &key, std::uint8_t *block) {
  const __m128i in = load_block(block);
  store_block(block, key.rounds == 10 ? encrypt_one<10>(key, in) : encrypt_one<14>(key, in));
}

void aes_decrypt(const AesKey &key, std::uint8_t *block) {
  const int rounds = static_cast<int>(key.rounds);
  __m128i state = _mm_xor_si128(load_block(block), round_key(key, rounds));
  for (int round = rounds - 1; round != 0; round--) {
    state = _mm_aesdec_si128(state, _mm_aesimc_si128(round_key(key, round)));
  }
  store_block(block, _mm_aesdeclast_si128(state, round_key(key, 0)));
}

}  // namespace ramson::aesni
