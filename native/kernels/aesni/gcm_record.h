// AES-GCM over one record in one pass, for registers of any width: while the AES units work on one batch of counter
// blocks, the carry-less multiplier folds a batch of ciphertext. Sealing folds the batch before, which is ciphertext
// already; opening folds the batch that is about to be decrypted.
//
//   counter blocks  0     1     2   3   …  15 │ 16  …  31 │ …        counter 0 is not used, 1 makes the tag's mask
//   folded          zero  add.  data blocks   │ data      │ … sizes  the additional data come just before the data
//
// So a batch of counter blocks always begins with a multiple of 16, and its blocks differ in one octet alone. A first
// batch carries two blocks of data less.
//
// `Lanes` says what a register is: `Vector` holds `kBlocks` blocks, and a batch takes `kWide` of them.
//
// Internal linkage on purpose: this file is compiled once per kernel with different processor flags.
#pragma once

#include "blocks.h"

namespace ramson {
namespace {

#define RAMSON_INLINE [[gnu::always_inline]] inline

/// A product of 256 bits in Karatsuba's three parts: `cross` is that of the sums of the halves.
template <typename Lanes>
struct Products {
  typename Lanes::Vector low, cross, high;
};

RAMSON_INLINE __m128i reversed_octets() { return _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }

/// Brings the counter, kept as a little-endian word for adding, into its place in the counter block.
RAMSON_INLINE __m128i counter_octets() { return _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0); }

/// Divides by x^128 modulo x^128 + x^127 + x^126 + x^121 + 1, in two steps of x^64.
RAMSON_INLINE __m128i reduce(__m128i low, __m128i cross, __m128i high) {
  const __m128i modulus = _mm_set_epi64x(0, static_cast<long long>(0xc200000000000000));
  cross = _mm_xor_si128(cross, _mm_xor_si128(low, high));
  low = _mm_xor_si128(low, _mm_slli_si128(cross, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(cross, 8));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, modulus, 0x00));
  return _mm_xor_si128(low, high);
}

/// A block that was just written in two words, which one load would have to wait for.
RAMSON_INLINE __m128i load_words(const std::uint8_t *at) {
  return _mm_set_epi64x(static_cast<long long>(load_le64(at + 8)), static_cast<long long>(load_le64(at)));
}

/// Where the ciphertext lies that is folded beside AES.
enum class Folding { kNothing, kFirstBatch, kBatch };

template <typename Lanes, int Rounds>
class GcmRecord {
  using Vector = typename Lanes::Vector;
  static constexpr std::size_t kWide = Lanes::kWide;
  static constexpr std::size_t kBlocks = Lanes::kBlocks;
  static constexpr std::size_t kVectorSize = kBlocks * kAesBlockSize;
  static constexpr std::size_t kBatchBlocks = kWide * kBlocks;
  static constexpr std::size_t kBatchSize = kBatchBlocks * kAesBlockSize;
  static constexpr std::size_t kLeadBlocks = 2;  // of the first batch, which are no data
  static constexpr std::size_t kLeadSize = kLeadBlocks * kAesBlockSize;
  static constexpr std::size_t kFirstBatchSize = kBatchSize - kLeadSize;
  static_assert(kBatchBlocks <= kGcmPowers && kWide < 10);

 public:
  RAMSON_INLINE GcmRecord(const GcmKey &key, const GcmInput &input) : key_(key) {
    counter_ = load_words(input.nonce);
    additional_ = load_words(input.additional);
    additional_size_ = input.additional_size;
    total_ = _mm_setzero_si128();
    pending_ = {Lanes::zero(), Lanes::zero(), Lanes::zero()};
  }

  RAMSON_INLINE __m128i seal(std::uint8_t *data, std::size_t size) {
    const std::size_t all = size;
    Vector stream[kWide];
    count<kWide>(stream);
    encrypt<Folding::kNothing, kWide>(stream, nullptr);
    if (size < kFirstBatchSize) return finish<true, true, kWide>(stream, data, size, all);
    apply_first(stream, data);
    data += kFirstBatchSize;
    size -= kFirstBatchSize;
    if (size < kBatchSize) return finish_sealing<Folding::kFirstBatch>(data - kFirstBatchSize, data, size, all);
    count<kWide>(stream);
    encrypt<Folding::kFirstBatch, kWide>(stream, data - kFirstBatchSize);
    for (;;) {
      apply(stream, data);
      data += kBatchSize;
      size -= kBatchSize;
      if (size < kBatchSize) return finish_sealing<Folding::kBatch>(data - kBatchSize, data, size, all);
      count<kWide>(stream);
      encrypt<Folding::kBatch, kWide>(stream, data - kBatchSize);
    }
  }

  RAMSON_INLINE __m128i open(std::uint8_t *data, std::size_t size) {
    const std::size_t all = size;
    Vector stream[kWide];
    count<kWide>(stream);
    if (size < kFirstBatchSize) {
      encrypt<Folding::kNothing, kWide>(stream, nullptr);
      return finish<false, true, kWide>(stream, data, size, all);
    }
    encrypt<Folding::kFirstBatch, kWide>(stream, data);
    apply_first(stream, data);
    data += kFirstBatchSize;
    size -= kFirstBatchSize;
    while (size >= kBatchSize) {
      count<kWide>(stream);
      encrypt<Folding::kBatch, kWide>(stream, data);
      apply(stream, data);
      data += kBatchSize;
      size -= kBatchSize;
    }
    if (size <= kHalfSize) return finish_opening<kWide / 2>(data, size, all);
    return finish_opening<kWide>(data, size, all);
  }

 private:
  /// The end of a record often takes no more than half a batch.
  static constexpr std::size_t kHalfSize = kBatchSize / 2;

  template <Folding folding>
  RAMSON_INLINE __m128i finish_sealing(const std::uint8_t *ciphertext, std::uint8_t *data, std::size_t size,
                                       std::size_t all) {
    Vector stream[kWide];
    if (size <= kHalfSize) {
      count<kWide / 2>(stream);
      encrypt<folding, kWide / 2>(stream, ciphertext);
      return finish<true, false, kWide / 2>(stream, data, size, all);
    }
    count<kWide>(stream);
    encrypt<folding, kWide>(stream, ciphertext);
    return finish<true, false, kWide>(stream, data, size, all);
  }

  template <std::size_t Count>
  RAMSON_INLINE __m128i finish_opening(std::uint8_t *data, std::size_t size, std::size_t all) {
    Vector stream[kWide];
    count<Count>(stream);
    encrypt<Folding::kNothing, Count>(stream, nullptr);
    return finish<false, false, Count>(stream, data, size, all);
  }

  RAMSON_INLINE Vector round_keys(int round) const { return Lanes::broadcast(round_key(key_.aes, round)); }

  RAMSON_INLINE __m128i multiply(__m128i block, std::size_t power) const {
    const __m128i factor = load_block(key_.powers[power]);
    const __m128i sum = _mm_xor_si128(block, _mm_shuffle_epi32(block, 0x4e));
    const __m128i factor_sum = _mm_xor_si128(factor, _mm_shuffle_epi32(factor, 0x4e));
    return reduce(_mm_clmulepi64_si128(block, factor, 0x00), _mm_clmulepi64_si128(sum, factor_sum, 0x00),
                  _mm_clmulepi64_si128(block, factor, 0x11));
  }

  /// The counter blocks of the first `Count` vectors of a batch, with the first round key.
  template <std::size_t Count>
  RAMSON_INLINE void count(Vector (&stream)[kWide]) {
    const Vector first =
        Lanes::broadcast(_mm_xor_si128(_mm_shuffle_epi8(counter_, counter_octets()), round_key(key_.aes, 0)));
    counter_ = _mm_add_epi32(counter_, _mm_set_epi32(kBatchBlocks, 0, 0, 0));
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Count; i++) stream[i] = Lanes::exclusive_or(first, Lanes::index(i));
  }

  /// Multiplies the blocks that stand at `at` in a batch by the powers that belong there.
  template <bool IsOne>
  RAMSON_INLINE void fold(Products<Lanes> &products, Vector blocks, std::size_t at) const {
    const std::size_t power = kGcmPowers - kBatchBlocks + at * kBlocks;
    constexpr std::size_t kHalf = kGcmPowers / 2;
    const Vector factor = Lanes::load(key_.powers[power]);
    const Vector factor_sums = Lanes::load(reinterpret_cast<const std::uint8_t *>(key_.sums[power % kHalf]));
    const Vector sums = Lanes::exclusive_or(blocks, Lanes::swap_halves(blocks));
    const Vector low = Lanes::template multiply<0x00>(blocks, factor);
    const Vector high = Lanes::template multiply<0x11>(blocks, factor);
    const Vector cross = power < kHalf ? Lanes::template multiply<0x00>(sums, factor_sums)
                                       : Lanes::template multiply<0x10>(sums, factor_sums);
    if (IsOne) {
      products = {low, cross, high};
    } else {
      products = {Lanes::exclusive_or(products.low, low), Lanes::exclusive_or(products.cross, cross),
                  Lanes::exclusive_or(products.high, high)};
    }
    Lanes::keep(products.low);
    Lanes::keep(products.cross);
    Lanes::keep(products.high);
  }

  RAMSON_INLINE void settle() {
    total_ = reduce(Lanes::sum(pending_.low), Lanes::sum(pending_.cross), Lanes::sum(pending_.high));
  }

  /// All rounds but the last over `Count` vectors, and meanwhile, if there is one, a batch of ciphertext into the
  /// total.
  template <Folding folding, std::size_t Count>
  RAMSON_INLINE void encrypt(Vector (&stream)[kWide], const std::uint8_t *ciphertext) {
    const Vector reverse = Lanes::broadcast(reversed_octets());
    Products<Lanes> products;
#pragma GCC unroll 16
    for (int round = 1; round < Rounds; round++) {
      const Vector next = round_keys(round);
#pragma GCC unroll 8
      for (std::size_t i = 0; i < Count; i++) stream[i] = Lanes::encrypt(stream[i], next);
      if (folding == Folding::kNothing) continue;
      if (round == 2) settle();
      if (static_cast<std::size_t>(round) <= kWide) {
        // The first blocks, which wait for the batch before, come last.
        const std::size_t i = static_cast<std::size_t>(round) % kWide;
        Vector blocks;
        if (folding == Folding::kFirstBatch) {
          blocks = i * kBlocks < kLeadBlocks ? Lanes::lead(additional_, ciphertext, i)
                                             : Lanes::load(ciphertext + i * kVectorSize - kLeadSize);
        } else {
          blocks = Lanes::load(ciphertext + i * kVectorSize);
        }
        blocks = Lanes::shuffle(blocks, reverse);
        if (i == 0) blocks = Lanes::exclusive_or(blocks, Lanes::widen(total_));
        if (round == 1) {
          fold<true>(products, blocks, i);
        } else {
          fold<false>(products, blocks, i);
        }
      }
    }
    if (folding != Folding::kNothing) pending_ = products;
  }

  /// The last round, which takes the data with its key.
  RAMSON_INLINE void apply(Vector (&stream)[kWide], std::uint8_t *data) {
    const Vector last = round_keys(Rounds);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      std::uint8_t *at = data + i * kVectorSize;
      Lanes::store(at, Lanes::encrypt_last(stream[i], Lanes::exclusive_or(last, Lanes::load(at))));
    }
    __asm__ __volatile__("" : : : "memory");
  }

  RAMSON_INLINE void apply_first(Vector (&stream)[kWide], std::uint8_t *data) {
    const Vector last = round_keys(Rounds);
    const __m128i nothing = _mm_setzero_si128();
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWide; i++) {
      std::uint8_t *at = data + i * kVectorSize - kLeadSize;
      if (i * kBlocks < kLeadBlocks) {
        const Vector made = Lanes::encrypt_last(stream[i], Lanes::exclusive_or(last, Lanes::lead(nothing, data, i)));
        Lanes::store_lead(made, data);
        mask_ = Lanes::mask(made);
      } else {
        Lanes::store(at, Lanes::encrypt_last(stream[i], Lanes::exclusive_or(last, Lanes::load(at))));
      }
    }
    __asm__ __volatile__("" : : : "memory");
  }

  /// What is left of the data, less than a batch, and the tag. A last block that is not whole is written to its end,
  /// where the room of the tag is.
  template <bool IsSealing, bool IsFirst, std::size_t Count>
  RAMSON_INLINE __m128i finish(Vector (&stream)[kWide], std::uint8_t *data, std::size_t size, std::size_t all) {
    alignas(64) std::uint8_t octets[Count * kVectorSize], last[kBatchSize];
    const Vector last_key = round_keys(Rounds);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Count; i++) {
      Lanes::store(octets + i * kVectorSize, Lanes::encrypt_last(stream[i], last_key));
    }
    const std::uint8_t *keystream = octets;
    if (IsFirst) {
      mask_ = load_block(octets + kAesBlockSize);
      keystream += kLeadSize;
    } else {
      settle();
    }
    const __m128i sizes = _mm_set_epi64x(static_cast<long long>(std::uint64_t{additional_size_} * 8),
                                         static_cast<long long>(std::uint64_t{all} * 8));
    const std::size_t blocks = (size + kAesBlockSize - 1) / kAesBlockSize;
    const std::size_t folded = blocks + (IsFirst ? 1 : 0);
    // The block of the sizes goes with the others, if there is room.
    const std::size_t sized = folded < kBatchBlocks ? 1 : 0;
    // The blocks to fold end where `last` ends; zeros before them fill up a vector.
    const std::size_t first = kBatchBlocks - sized - folded;
    const std::size_t first_vector = first / kBlocks;
    Lanes::store(last + first_vector * kVectorSize, Lanes::zero());
    std::uint8_t *next = last + first * kAesBlockSize;
    if (IsFirst) {
      store_block(next, _mm_shuffle_epi8(additional_, reversed_octets()));
      next += kAesBlockSize;
    }
    for (std::size_t i = 0; i < blocks; i++) {
      const __m128i given = load_block(data + i * kAesBlockSize);
      const __m128i made = _mm_xor_si128(given, load_block(keystream + i * kAesBlockSize));
      store_block(data + i * kAesBlockSize, made);
      __m128i block = IsSealing ? made : given;
      if (i + 1 == blocks && size % kAesBlockSize != 0) {
        // Slid to the end and back, the octets behind the data are zeros.
        const int missing = static_cast<int>(kAesBlockSize - size % kAesBlockSize);
        block = slide(slide(block, -missing), missing);
      }
      store_block(next, _mm_shuffle_epi8(block, reversed_octets()));
      next += kAesBlockSize;
    }
    if (sized != 0) store_block(next, sizes);
    Products<Lanes> products{Lanes::zero(), Lanes::zero(), Lanes::zero()};
    for (std::size_t i = first_vector; i < kWide; i++) {
      fold<false>(products, Lanes::join(last + i * kVectorSize), i);
    }
    const __m128i total_factor = load_block(key_.powers[kGcmPowers - kBatchBlocks + first]);
    const __m128i total_sum = _mm_xor_si128(total_, _mm_shuffle_epi32(total_, 0x4e));
    const __m128i factor_sum = _mm_xor_si128(total_factor, _mm_shuffle_epi32(total_factor, 0x4e));
    const __m128i low = _mm_xor_si128(Lanes::sum(products.low), _mm_clmulepi64_si128(total_, total_factor, 0x00));
    const __m128i cross = _mm_xor_si128(Lanes::sum(products.cross), _mm_clmulepi64_si128(total_sum, factor_sum, 0x00));
    const __m128i high = _mm_xor_si128(Lanes::sum(products.high), _mm_clmulepi64_si128(total_, total_factor, 0x11));
    total_ = reduce(low, cross, high);
    if (sized == 0) total_ = multiply(_mm_xor_si128(total_, sizes), kGcmPowers - 1);
    const __m128i tag = _mm_xor_si128(_mm_shuffle_epi8(total_, reversed_octets()), mask_);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Count; i++) Lanes::store(octets + i * kVectorSize, Lanes::zero());
    __asm__ __volatile__("" : : "r"(octets) : "memory");
    return tag;
  }

  const GcmKey &key_;
  std::size_t additional_size_;
  __m128i additional_, counter_, mask_, total_;
  Products<Lanes> pending_;  // of the batch folded last, not yet reduced into the total
};

template <typename Lanes, int Rounds>
RAMSON_INLINE void seal_record(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  store_block(data + size, GcmRecord<Lanes, Rounds>(key, input).seal(data, size));
}

template <typename Lanes, int Rounds>
RAMSON_INLINE bool open_record(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  const __m128i given = load_block(data + size);
  const __m128i difference = _mm_xor_si128(given, GcmRecord<Lanes, Rounds>(key, input).open(data, size));
  return _mm_testz_si128(difference, difference) != 0;
}

}  // namespace
}  // namespace ramson
