// AES-GCM with VAES and VPCLMULQDQ on 512-bit registers, sixteen blocks at a time.

#include "../aesni/gcm_record.h"

namespace ramson::vaes512 {
namespace {

struct Lanes {
  using Vector = __m512i;
  static constexpr std::size_t kBlocks = 4;
  static constexpr std::size_t kWide = 4;

  template <int At>
  static Vector with_block(Vector vector, __m128i block) {
    return _mm512_inserti32x4(vector, block, At);
  }
  template <int At>
  static __m128i block(Vector vector) {
    return _mm512_extracti32x4_epi32(vector, At);
  }

  static Vector load(const std::uint8_t *at) { return _mm512_loadu_si512(at); }
  /// A load of what was stored block by block.
  static Vector join(const std::uint8_t *at) {
    Vector vector = _mm512_broadcast_i32x4(load_block(at));
    vector = with_block<1>(vector, load_block(at + kAesBlockSize));
    vector = with_block<2>(vector, load_block(at + 2 * kAesBlockSize));
    return with_block<3>(vector, load_block(at + 3 * kAesBlockSize));
  }
  static void store(std::uint8_t *at, Vector vector) { _mm512_storeu_si512(at, vector); }
  static Vector zero() { return _mm512_setzero_si512(); }
  static Vector broadcast(__m128i block) { return _mm512_broadcast_i32x4(block); }
  static Vector widen(__m128i block) { return with_block<0>(zero(), block); }
  static __m128i sum(Vector vector) {
    return _mm_xor_si128(_mm_xor_si128(block<0>(vector), block<1>(vector)),
                         _mm_xor_si128(block<2>(vector), block<3>(vector)));
  }
  /// The numbers of the blocks of a vector, at the end of the counter.
  static Vector index(std::size_t at) {
    const auto first = static_cast<long long>(at << 58);
    constexpr long long kNext = 1ll << 56;
    return _mm512_set_epi64(first + 3 * kNext, 0, first + 2 * kNext, 0, first + kNext, 0, first, 0);
  }
  /// The first vector of a record: two blocks that are no data, the second of which is given, and two of data.
  static Vector lead(__m128i block, const std::uint8_t *data, std::size_t) {
    Vector vector = with_block<1>(zero(), block);
    vector = with_block<2>(vector, load_block(data));
    return with_block<3>(vector, load_block(data + kAesBlockSize));
  }
  static void store_lead(Vector vector, std::uint8_t *data) {
    store_block(data, block<2>(vector));
    store_block(data + kAesBlockSize, block<3>(vector));
  }
  static __m128i mask(Vector lead) { return block<1>(lead); }
  static Vector exclusive_or(Vector a, Vector b) { return _mm512_xor_si512(a, b); }
  static Vector shuffle(Vector vector, Vector by) { return _mm512_shuffle_epi8(vector, by); }
  static Vector swap_halves(Vector vector) { return _mm512_shuffle_epi32(vector, _MM_PERM_BADC); }
  static Vector encrypt(Vector vector, Vector key) { return _mm512_aesenc_epi128(vector, key); }
  static Vector encrypt_last(Vector vector, Vector key) { return _mm512_aesenclast_epi128(vector, key); }
  /// There are registers for all products at once.
  static void keep(Vector &) {}
  template <int Halves>
  static Vector multiply(Vector a, Vector b) {
    return _mm512_clmulepi64_epi128(a, b, Halves);
  }
};

}  // namespace

void gcm_seal(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  return key.aes.rounds == 10 ? seal_record<Lanes, 10>(key, input, data, size)
                              : seal_record<Lanes, 14>(key, input, data, size);
}

bool gcm_open(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  return key.aes.rounds == 10 ? open_record<Lanes, 10>(key, input, data, size)
                              : open_record<Lanes, 14>(key, input, data, size);
}

}  // namespace ramson::vaes512
