// The SHA-256 compression function with the SHA instructions, four rounds at a time.

#include <utility>

#include "../sha256_constants.h"
#include "blocks.h"

namespace ramson::aesni {
namespace {

/// Sixteen groups of four rounds. `words` holds the last sixteen words of the schedule; group g takes the four that lie
/// at g modulo 4 and, from group 4 on, makes them first. The instructions want the variables as (a b e f) and (c d g
/// h).
struct Rounds {
  __m128i abef, cdgh;
  __m128i words[4];

  template <int Group>
  inline void run() {
    __m128i &word = words[Group % 4];
    if constexpr (Group >= 4) {
      const __m128i &last = words[(Group + 3) % 4], &before = words[(Group + 2) % 4];
      const __m128i mixed =
          _mm_add_epi32(_mm_sha256msg1_epu32(word, words[(Group + 1) % 4]), _mm_alignr_epi8(last, before, 4));
      word = _mm_sha256msg2_epu32(mixed, last);
    }
    const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i *>(kSha256Constants + 4 * Group));
    const __m128i input = _mm_add_epi32(word, constants);
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(input, 0x0e));
  }
};

}  // namespace

void sha256_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks) {
  const __m128i reverse = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  auto *halves = reinterpret_cast<__m128i *>(state);
  const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(halves), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(halves + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(badc, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
  for (; blocks != 0; blocks--, data += kSha256BlockSize) {
    Rounds rounds{abef, cdgh, {}};
    for (int i = 0; i < 4; i++) rounds.words[i] = _mm_shuffle_epi8(load_block(data + 16 * i), reverse);
    [&]<int... Group>(std::integer_sequence<int, Group...>) { (rounds.template run<Group>(), ...); }
    (std::make_integer_sequence<int, 16>{});
    abef = _mm_add_epi32(abef, rounds.abef);
    cdgh = _mm_add_epi32(cdgh, rounds.cdgh);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(halves, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(halves + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace ramson::aesni
