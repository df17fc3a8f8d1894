// AES-GCM with AES-NI and PCLMULQDQ, eight blocks at a time.

#include "gcm_record.h"

namespace ramson::aesni {
namespace {

struct Lanes {
  using Vector = __m128i;
  static constexpr std::size_t kBlocks = 1;
  static constexpr std::size_t kWide = 8;

  static Vector load(const std::uint8_t *at) { return load_block(at); }
  /// A load of what was stored block by block.
  static Vector join(const std::uint8_t *at) { return load_block(at); }
  static void store(std::uint8_t *at, Vector vector) { store_block(at, vector); }
  static Vector zero() { return _mm_setzero_si128(); }
  static Vector broadcast(__m128i block) { return block; }
  static Vector widen(__m128i block) { return block; }
  static __m128i sum(Vector vector) { return vector; }
  /// The numbers of the blocks of a vector, at the end of the counter.
  static Vector index(std::size_t at) { return _mm_set_epi32(static_cast<int>(at << 24), 0, 0, 0); }
  /// The first two blocks of a record that are no data: nothing and a given one.
  static Vector lead(__m128i block, const std::uint8_t *, std::size_t at) {
    return at == 0 ? _mm_setzero_si128() : block;
  }
  static void store_lead(Vector, std::uint8_t *) {}
  static __m128i mask(Vector lead) { return lead; }
  static Vector exclusive_or(Vector a, Vector b) { return _mm_xor_si128(a, b); }
  static Vector shuffle(Vector vector, Vector by) { return _mm_shuffle_epi8(vector, by); }
  static Vector swap_halves(Vector vector) { return _mm_shuffle_epi32(vector, 0x4e); }
  static Vector encrypt(Vector vector, Vector key) { return _mm_aesenc_si128(vector, key); }
  static Vector encrypt_last(Vector vector, Vector key) { return _mm_aesenclast_si128(vector, key); }
  static void keep(Vector &vector) { __asm__("" : "+x"(vector)); }
  template <int Halves>
  static Vector multiply(Vector a, Vector b) {
    return _mm_clmulepi64_si128(a, b, Halves);
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

}  // namespace ramson::aesni
