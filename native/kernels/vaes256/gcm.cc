// AES-GCM with VAES and VPCLMULQDQ on 256-bit registers, sixteen blocks at a time.

#include "../aesni/gcm_record.h"

namespace ramson::vaes256 {
namespace {

struct Lanes {
  using Vector = __m256i;
  static constexpr std::size_t kBlocks = 2;
  static constexpr std::size_t kWide = 8;

  static Vector load(const std::uint8_t *at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(at)); }
  static Vector join(const std::uint8_t *at) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_block(at)), load_block(at + kAesBlockSize), 1);
  }
  static void store(std::uint8_t *at, Vector vector) { _mm256_storeu_si256(reinterpret_cast<__m256i *>(at), vector); }
  static Vector zero() { return _mm256_setzero_si256(); }
  static Vector broadcast(__m128i block) { return _mm256_broadcastsi128_si256(block); }
  static Vector widen(__m128i block) { return _mm256_inserti128_si256(_mm256_setzero_si256(), block, 0); }
  static __m128i sum(Vector vector) {
    return _mm_xor_si128(_mm256_castsi256_si128(vector), _mm256_extracti128_si256(vector, 1));
  }
  static Vector index(std::size_t at) {
    const auto first = static_cast<int>(at << 25);
    return _mm256_set_epi32(first + (1 << 24), 0, 0, 0, first, 0, 0, 0);
  }
  static Vector lead(__m128i block, const std::uint8_t *, std::size_t) {
    return _mm256_inserti128_si256(_mm256_setzero_si256(), block, 1);
  }
  static void store_lead(Vector, std::uint8_t *) {}
  static __m128i mask(Vector lead) { return _mm256_extracti128_si256(lead, 1); }
  static Vector exclusive_or(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
  static Vector shuffle(Vector vector, Vector by) { return _mm256_shuffle_epi8(vector, by); }
  static Vector swap_halves(Vector vector) { return _mm256_shuffle_epi32(vector, 0x4e); }
  static Vector encrypt(Vector vector, Vector key) { return _mm256_aesenc_epi128(vector, key); }
  static Vector encrypt_last(Vector vector, Vector key) { return _mm256_aesenclast_epi128(vector, key); }
  static void keep(Vector &vector) { __asm__("" : "+x"(vector)); }
  template <int Halves>
  static Vector multiply(Vector a, Vector b) {
    return _mm256_clmulepi64_epi128(a, b, Halves);
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

}  // namespace ramson::vaes256
