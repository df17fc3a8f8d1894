// The SHA-1 compression function with the SHA instructions, four rounds at a time.

#include <utility>

#include "blocks.h"

namespace ramson::aesni {
namespace {

/// Twenty groups of four rounds. `words` holds the last sixteen words of the schedule; group g takes the four that lie
/// at g modulo 4 and, from group 4 on, makes them first.
struct Rounds {
  __m128i abcd;
  __m128i before;  // abcd before the last group: its first word, turned, is the next group's e
  __m128i words[4];

  template <int Group>
  inline void run(__m128i e) {
    __m128i &word = words[Group % 4];
    if constexpr (Group >= 4) {
      const __m128i mixed = _mm_sha1msg1_epu32(word, words[(Group + 1) % 4]);
      word = _mm_sha1msg2_epu32(_mm_xor_si128(mixed, words[(Group + 2) % 4]), words[(Group + 3) % 4]);
    }
    const __m128i input = Group == 0 ? _mm_add_epi32(e, word) : _mm_sha1nexte_epu32(before, word);
    before = abcd;
    abcd = _mm_sha1rnds4_epu32(abcd, input, Group / 5);
  }
};

}  // namespace

void sha1_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks) {
  const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(state)), 0x1b);
  __m128i e = _mm_set_epi32(static_cast<int>(state[4]), 0, 0, 0);
  for (; blocks != 0; blocks--, data += kSha1BlockSize) {
    Rounds rounds;
    rounds.abcd = abcd;
    rounds.before = abcd;
    for (int i = 0; i < 4; i++) rounds.words[i] = _mm_shuffle_epi8(load_block(data + 16 * i), reverse);
    [&]<int... Group>(std::integer_sequence<int, Group...>) { (rounds.template run<Group>(e), ...); }
    (std::make_integer_sequence<int, 20>{});
    e = _mm_sha1nexte_epu32(rounds.before, e);
    abcd = _mm_add_epi32(rounds.abcd, abcd);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i *>(state), _mm_shuffle_epi32(abcd, 0x1b));
  state[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e, 3));
}

}  // namespace ramson::aesni
