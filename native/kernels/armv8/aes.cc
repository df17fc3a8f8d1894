// AES with the ARMv8 cryptography extension: counter mode eight blocks at a time.

#include <arm_neon.h>

#include "../kernel.h"
#include "../words.h"

namespace ramson::armv8 {
namespace {

constexpr std::size_t kWide = 8;

inline uint8x16_t round_key(const AesKey &key, std::size_t round) { return vld1q_u8(key.round_keys[round]); }

inline uint8x16_t counter_block(std::uint64_t high, std::uint64_t low) {
  return vrev64q_u8(vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(high), vcreate_u64(low))));
}

/// AESE adds the round key before substituting, so the last key is added apart.
template <std::size_t Count>
inline void encrypt_blocks(const AesKey &key, uint8x16_t (&blocks)[Count]) {
  for (std::size_t round = 0; round + 1 < key.rounds; round++) {
    const uint8x16_t next = round_key(key, round);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Count; i++) blocks[i] = vaesmcq_u8(vaeseq_u8(blocks[i], next));
  }
  const uint8x16_t next = round_key(key, key.rounds - 1), last = round_key(key, key.rounds);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Count; i++) blocks[i] = veorq_u8(vaeseq_u8(blocks[i], next), last);
}

/// The S-box on each octet of a word: AESE with a zero key on four equal columns, where ShiftRows moves nothing.
inline std::uint32_t substitute_word(std::uint32_t word) {
  const uint8x16_t columns = vreinterpretq_u8_u32(vdupq_n_u32(word));
  return vgetq_lane_u32(vreinterpretq_u32_u8(vaeseq_u8(columns, vdupq_n_u8(0))), 0);
}

}  // namespace

void aes_expand(AesKey &key, const std::uint8_t *octets, std::size_t size) {
  const std::size_t key_words = size / 4;
  key.rounds = static_cast<std::uint32_t>(key_words + 6);
  std::uint8_t *schedule = key.round_keys[0];
  std::memcpy(schedule, octets, size);
  std::uint32_t round_constant = 1;
  for (std::size_t at = key_words; at < 4 * (std::size_t{key.rounds} + 1); at++) {
    std::uint32_t word, before;
    std::memcpy(&word, schedule + 4 * (at - 1), sizeof word);
    std::memcpy(&before, schedule + 4 * (at - key_words), sizeof before);
    if (at % key_words == 0) {
      word = std::rotr(substitute_word(word), 8) ^ round_constant;
      round_constant = (round_constant << 1 ^ (round_constant >> 7) * 0x11b) & 0xff;
    } else if (key_words == 8 && at % key_words == 4) {
      word = substitute_word(word);
    }
    word ^= before;
    std::memcpy(schedule + 4 * at, &word, sizeof word);
  }
}

void aes_encrypt(const AesKey &key, std::uint8_t *block) {
  uint8x16_t blocks[1] = {vld1q_u8(block)};
  encrypt_blocks(key, blocks);
  vst1q_u8(block, blocks[0]);
}

void aes_decrypt(const AesKey &key, std::uint8_t *block) {
  uint8x16_t state = vaesdq_u8(vld1q_u8(block), round_key(key, key.rounds));
  for (std::size_t round = key.rounds - 1; round != 0; round--) {
    state = vaesdq_u8(vaesimcq_u8(state), vaesimcq_u8(round_key(key, round)));
  }
  vst1q_u8(block, veorq_u8(state, round_key(key, 0)));
}

void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  while (size != 0 && state.used < kAesBlockSize) {
    *data++ ^= state.keystream[state.used++];
    size--;
  }
  while (size != 0) {
    uint8x16_t stream[kWide];
    std::uint64_t high = state.counter_high, low = state.counter_low;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      stream[i] = counter_block(high, low);
      add_to_counter(high, low, 1);
    }
    encrypt_blocks(state.key, stream);
    for (std::size_t i = 0; i < kWide && size != 0; i++) {
      add_to_counter(state.counter_high, state.counter_low, 1);
      if (size >= kAesBlockSize) {
        vst1q_u8(data, veorq_u8(vld1q_u8(data), stream[i]));
        data += kAesBlockSize;
        size -= kAesBlockSize;
      } else {
        vst1q_u8(state.keystream, stream[i]);
        for (state.used = 0; state.used < size; state.used++) data[state.used] ^= state.keystream[state.used];
        size = 0;
      }
    }
  }
}

}  // namespace ramson::armv8
