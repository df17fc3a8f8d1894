// AES on any processor, in constant time: 32 blocks at once as bit slices, which is just what a cell of 509 octets
// takes.
//
// A slice is four lanes of 32 bits, one lane a column of the AES state and one bit a block. slices[8 * r + b] carries
// bit b of row r, so ShiftRows turns lanes, MixColumns adds rows, and SubBytes works on the eight slices of a row at a
// time.

#include <bit>
#include <cstring>

#include "../../crypto/wipe.h"
#include "../kernel.h"
#include "../words.h"
#include "tower_field.h"

namespace ramson::generic {
namespace {

using Lanes = std::uint32_t __attribute__((vector_size(16)));
constexpr std::size_t kBatchBlocks = 32;
constexpr std::size_t kBatchSize = kBatchBlocks * kAesBlockSize;

Lanes load_lanes(const std::uint8_t *at) {
  Lanes lanes;
  std::memcpy(&lanes, at, sizeof lanes);
  return lanes;
}

/// Turns 32 blocks into 32 slices and back: a 32 by 32 bit transposition in each lane.
void transpose(Lanes (&rows)[32]) {
  std::uint32_t mask = 0x0000ffff;
  for (unsigned step = 16; step != 0; step >>= 1, mask ^= mask << step) {
    for (unsigned k = 0; k < 32; k++) {
      if ((k & step) != 0) continue;
      const Lanes swap = ((rows[k] >> step) ^ rows[k + step]) & mask;
      rows[k + step] ^= swap;
      rows[k] ^= swap << step;
    }
  }
}

void add_round_key(Lanes (&slices)[32], const std::uint8_t *round_key) {
  const Lanes key = load_lanes(round_key);
  for (unsigned i = 0; i < 32; i++) slices[i] ^= -((key >> i) & 1u);
}

template <void (*Substitution)(Lanes (&)[8])>
void substitute_rows(Lanes (&slices)[32]) {
  for (unsigned row = 0; row < 4; row++) {
    Lanes planes[8];
    std::memcpy(planes, slices + 8 * row, sizeof planes);
    Substitution(planes);
    std::memcpy(slices + 8 * row, planes, sizeof planes);
  }
}

void shift_rows(Lanes (&slices)[32]) {
  for (unsigned b = 0; b < 8; b++) {
    slices[8 + b] = __builtin_shufflevector(slices[8 + b], slices[8 + b], 1, 2, 3, 0);
    slices[16 + b] = __builtin_shufflevector(slices[16 + b], slices[16 + b], 2, 3, 0, 1);
    slices[24 + b] = __builtin_shufflevector(slices[24 + b], slices[24 + b], 3, 0, 1, 2);
  }
}

void shift_rows_inverse(Lanes (&slices)[32]) {
  for (unsigned b = 0; b < 8; b++) {
    slices[8 + b] = __builtin_shufflevector(slices[8 + b], slices[8 + b], 3, 0, 1, 2);
    slices[16 + b] = __builtin_shufflevector(slices[16 + b], slices[16 + b], 2, 3, 0, 1);
    slices[24 + b] = __builtin_shufflevector(slices[24 + b], slices[24 + b], 1, 2, 3, 0);
  }
}

/// Slice b of x times a row: x^8 = x^4 + x^3 + x + 1 brings the top slice back at 0, 1, 3 and 4.
Lanes times_x(const Lanes (&row)[8], unsigned b) {
  if (b == 0) return row[7];
  return b == 1 || b == 3 || b == 4 ? row[b - 1] ^ row[7] : row[b - 1];
}

void mix_columns(Lanes (&slices)[32]) {
  Lanes out[32];
  for (unsigned r = 0; r < 4; r++) {
    const Lanes *a = slices + 8 * r;
    const Lanes *next = slices + 8 * ((r + 1) % 4);
    const Lanes *third = slices + 8 * ((r + 2) % 4);
    const Lanes *fourth = slices + 8 * ((r + 3) % 4);
    Lanes both[8];
    for (unsigned b = 0; b < 8; b++) both[b] = a[b] ^ next[b];
    for (unsigned b = 0; b < 8; b++) out[8 * r + b] = times_x(both, b) ^ next[b] ^ third[b] ^ fourth[b];
  }
  std::memcpy(slices, out, sizeof out);
}

/// InvMixColumns is MixColumns after adding x^2 times the sum of the rows two apart.
void mix_columns_inverse(Lanes (&slices)[32]) {
  for (unsigned r = 0; r < 2; r++) {
    Lanes sum[8], once[8];
    for (unsigned b = 0; b < 8; b++) sum[b] = slices[8 * r + b] ^ slices[8 * (r + 2) + b];
    for (unsigned b = 0; b < 8; b++) once[b] = times_x(sum, b);
    for (unsigned b = 0; b < 8; b++) {
      const Lanes twice = times_x(once, b);
      slices[8 * r + b] ^= twice;
      slices[8 * (r + 2) + b] ^= twice;
    }
  }
  mix_columns(slices);
}

/// Encrypts up to 32 blocks in place.
void encrypt_batch(const AesKey &key, std::uint8_t *blocks, std::size_t count) {
  Lanes slices[32] = {};
  std::memcpy(slices, blocks, count * kAesBlockSize);
  transpose(slices);
  add_round_key(slices, key.round_keys[0]);
  for (std::uint32_t round = 1; round < key.rounds; round++) {
    substitute_rows<substitute<Lanes>>(slices);
    shift_rows(slices);
    mix_columns(slices);
    add_round_key(slices, key.round_keys[round]);
  }
  substitute_rows<substitute<Lanes>>(slices);
  shift_rows(slices);
  add_round_key(slices, key.round_keys[key.rounds]);
  transpose(slices);
  std::memcpy(blocks, slices, count * kAesBlockSize);
  wipe(slices, sizeof slices);
}

}  // namespace

void aes_expand(AesKey &key, const std::uint8_t *octets, std::size_t size) {
  const std::size_t key_words = size / 4;
  key.rounds = static_cast<std::uint32_t>(key_words + 6);
  std::uint8_t *schedule = key.round_keys[0];
  std::memcpy(schedule, octets, size);
  unsigned round_constant = 1;
  const std::size_t words = 4 * (std::size_t{key.rounds} + 1);
  for (std::size_t word = key_words; word < words; word++) {
    std::uint8_t last[4];
    std::memcpy(last, schedule + 4 * (word - 1), 4);
    const bool first = word % key_words == 0;
    if (first || (key_words == 8 && word % key_words == 4)) {
      if (first) {
        const std::uint8_t turned = last[0];
        last[0] = last[1];
        last[1] = last[2];
        last[2] = last[3];
        last[3] = turned;
      }
      for (std::uint8_t &octet : last) octet = static_cast<std::uint8_t>(substitute_octet(octet));
      if (first) {
        last[0] ^= static_cast<std::uint8_t>(round_constant);
        round_constant = (round_constant << 1 ^ (round_constant >> 7) * 0x11b) & 0xff;
      }
    }
    for (std::size_t i = 0; i < 4; i++) {
      schedule[4 * word + i] = static_cast<std::uint8_t>(schedule[4 * (word - key_words) + i] ^ last[i]);
    }
    wipe(last, sizeof last);
  }
}

void aes_encrypt(const AesKey &key, std::uint8_t *block) { encrypt_batch(key, block, 1); }

void aes_decrypt(const AesKey &key, std::uint8_t *block) {
  Lanes slices[32] = {};
  std::memcpy(slices, block, kAesBlockSize);
  transpose(slices);
  add_round_key(slices, key.round_keys[key.rounds]);
  for (std::uint32_t round = key.rounds - 1; round != 0; round--) {
    shift_rows_inverse(slices);
    substitute_rows<substitute_inverse<Lanes>>(slices);
    add_round_key(slices, key.round_keys[round]);
    mix_columns_inverse(slices);
  }
  shift_rows_inverse(slices);
  substitute_rows<substitute_inverse<Lanes>>(slices);
  add_round_key(slices, key.round_keys[0]);
  transpose(slices);
  std::memcpy(block, slices, kAesBlockSize);
  wipe(slices, sizeof slices);
}

void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size) {
  while (size != 0 && state.used < kAesBlockSize) {
    *data++ ^= state.keystream[state.used++];
    size--;
  }
  if (size == 0) return;
  std::uint8_t stream[kBatchSize];
  while (size != 0) {
    const std::size_t take = size < kBatchSize ? size : kBatchSize;
    const std::size_t blocks = (take + kAesBlockSize - 1) / kAesBlockSize;
    for (std::size_t i = 0; i < blocks; i++) {
      store_be64(stream + i * kAesBlockSize, state.counter_high);
      store_be64(stream + i * kAesBlockSize + 8, state.counter_low);
      add_to_counter(state.counter_high, state.counter_low, 1);
    }
    encrypt_batch(state.key, stream, blocks);
    for (std::size_t i = 0; i < take; i++) data[i] ^= stream[i];
    std::memcpy(state.keystream, stream + (blocks - 1) * kAesBlockSize, kAesBlockSize);
    state.used = static_cast<std::uint32_t>(take - (blocks - 1) * kAesBlockSize);
    data += take;
    size -= take;
  }
  wipe(stream, sizeof stream);
}

}  // namespace ramson::generic
