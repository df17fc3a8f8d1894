// AES-GCM with the ARMv8 cryptography extension, eight blocks at a time. The products of one batch depend on nothing
// of the next, so a processor that looks ahead works on both at once.

#include <arm_neon.h>

#include "../kernel.h"
#include "../words.h"

namespace ramson::armv8 {
namespace {

constexpr std::size_t kWide = 8;

inline uint8x16_t round_key(const AesKey &key, std::size_t round) { return vld1q_u8(key.round_keys[round]); }

/// AESE adds the round key before substituting, so the last key is added apart.
inline void encrypt_blocks(const AesKey &key, uint8x16_t (&blocks)[kWide]) {
  for (std::size_t round = 0; round + 1 < key.rounds; round++) {
    const uint8x16_t next = round_key(key, round);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) blocks[i] = vaesmcq_u8(vaeseq_u8(blocks[i], next));
  }
  const uint8x16_t next = round_key(key, key.rounds - 1), last = round_key(key, key.rounds);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWide; i++) blocks[i] = veorq_u8(vaeseq_u8(blocks[i], next), last);
}

/// A product of 256 bits that is not yet reduced: high and low halves and what straddles them.
struct Product {
  uint64x2_t low, cross, high;
};

inline uint64x2_t carryless(std::uint64_t a, std::uint64_t b) {
  return vreinterpretq_u64_p128(vmull_p64(static_cast<poly64_t>(a), static_cast<poly64_t>(b)));
}

inline uint64x2_t carryless_high(uint64x2_t a, uint64x2_t b) {
  return vreinterpretq_u64_p128(vmull_high_p64(vreinterpretq_p64_u64(a), vreinterpretq_p64_u64(b)));
}

inline Product product(uint64x2_t a, uint64x2_t b) {
  const uint64x2_t swapped = vextq_u64(b, b, 1);
  return {carryless(vgetq_lane_u64(a, 0), vgetq_lane_u64(b, 0)),
          veorq_u64(carryless(vgetq_lane_u64(a, 0), vgetq_lane_u64(swapped, 0)), carryless_high(a, swapped)),
          carryless_high(a, b)};
}

inline Product add(const Product &a, const Product &b) {
  return {veorq_u64(a.low, b.low), veorq_u64(a.cross, b.cross), veorq_u64(a.high, b.high)};
}

/// Divides by x^128 modulo x^128 + x^127 + x^126 + x^121 + 1, in two steps of x^64.
inline uint64x2_t reduce(const Product &p) {
  const uint64x2_t zero = vdupq_n_u64(0);
  uint64x2_t low = veorq_u64(p.low, vextq_u64(zero, p.cross, 1));
  const uint64x2_t high = veorq_u64(p.high, vextq_u64(p.cross, zero, 1));
  for (int step = 0; step < 2; step++) {
    low = veorq_u64(vextq_u64(low, low, 1), carryless(vgetq_lane_u64(low, 0), 0xc200000000000000));
  }
  return veorq_u64(low, high);
}

/// The octets of a block the other way round, which is what POLYVAL takes for GHASH's.
inline uint64x2_t reversed(uint8x16_t block) {
  const uint8x16_t words = vrev64q_u8(block);
  return vreinterpretq_u64_u8(vextq_u8(words, words, 8));
}

inline uint64x2_t power(const GcmKey &key, std::size_t exponent) {
  return vreinterpretq_u64_u8(vld1q_u8(key.powers[kGcmPowers - exponent]));
}

class GcmRecord {
 public:
  GcmRecord(const GcmKey &key, const GcmInput &input, std::size_t size) : key_(key) {
    std::uint8_t nonce[kAesBlockSize];
    std::memcpy(nonce, input.nonce, sizeof nonce);
    nonce_ = vld1q_u8(nonce);
    sizes_ = vcombine_u64(vcreate_u64(std::uint64_t{size} * 8), vcreate_u64(std::uint64_t{input.additional_size} * 8));
    total_ = reduce(product(reversed(vld1q_u8(input.additional)), power(key, 1)));
  }

  /// Seals or opens, and gives the tag that belongs to the data.
  template <bool IsSealing>
  uint8x16_t run(std::uint8_t *data, std::size_t size) {
    uint8x16_t stream[kWide];
    // The first counter makes the mask of the tag, so the first batch has a block less for the data.
    make_stream(stream);
    const uint8x16_t mask = stream[0];
    std::size_t at = 1;
    for (;;) {
      const std::size_t room = (kWide - at) * kAesBlockSize;
      const std::size_t take = size < room ? size : room;
      crypt<IsSealing>(stream, at, data, take);
      data += take;
      size -= take;
      if (size == 0) break;
      make_stream(stream);
      at = 0;
    }
    total_ = reduce(product(veorq_u64(total_, sizes_), power(key_, 1)));
    const uint64x2_t octets = reversed(vreinterpretq_u8_u64(total_));
    return veorq_u8(vreinterpretq_u8_u64(octets), mask);
  }

 private:
  void make_stream(uint8x16_t (&stream)[kWide]) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      const std::uint32_t counter = __builtin_bswap32(++counter_);
      stream[i] = vreinterpretq_u8_u32(vsetq_lane_u32(counter, vreinterpretq_u32_u8(nonce_), 3));
    }
    encrypt_blocks(key_.aes, stream);
  }

  /// XORs the keystream from block `at` on into the octets and folds what is ciphertext. A last block that is not whole
  /// is written to its end, where the room of the tag is.
  template <bool IsSealing>
  void crypt(const uint8x16_t (&stream)[kWide], std::size_t at, std::uint8_t *data, std::size_t size) {
    if (size == 0) return;
    const std::size_t blocks = (size + kAesBlockSize - 1) / kAesBlockSize;
    uint64x2_t folded = total_;
    Product sum{};
    for (std::size_t i = 0; i < blocks; i++, data += kAesBlockSize) {
      const uint8x16_t given = vld1q_u8(data);
      const uint8x16_t made = veorq_u8(given, stream[at + i]);
      vst1q_u8(data, made);
      uint8x16_t ciphertext = IsSealing ? made : given;
      if (i + 1 == blocks && size % kAesBlockSize != 0) {
        std::uint8_t octets[kAesBlockSize];
        vst1q_u8(octets, ciphertext);
        std::memset(octets + size % kAesBlockSize, 0, kAesBlockSize - size % kAesBlockSize);
        ciphertext = vld1q_u8(octets);
      }
      folded = veorq_u64(folded, reversed(ciphertext));
      const Product next = product(folded, power(key_, blocks - i));
      sum = i == 0 ? next : add(sum, next);
      folded = vdupq_n_u64(0);
    }
    total_ = reduce(sum);
  }

  const GcmKey &key_;
  uint8x16_t nonce_;
  std::uint32_t counter_ = 0;
  uint64x2_t sizes_, total_;
};

}  // namespace

void gcm_seal(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  vst1q_u8(data + size, GcmRecord(key, input, size).run<true>(data, size));
}

bool gcm_open(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  const uint8x16_t given = vld1q_u8(data + size);
  const uint8x16_t difference = veorq_u8(given, GcmRecord(key, input, size).run<false>(data, size));
  const uint64x2_t words = vreinterpretq_u64_u8(difference);
  return (vgetq_lane_u64(words, 0) | vgetq_lane_u64(words, 1)) == 0;
}

}  // namespace ramson::armv8
