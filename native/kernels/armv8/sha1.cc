// The SHA-1 compression function with the ARMv8 cryptography extension, four rounds at a time.

#include <arm_neon.h>

#include <utility>

#include "../kernel.h"
#include "../words.h"

namespace ramson::armv8 {
namespace {

constexpr std::uint32_t kConstants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

struct Rounds {
  uint32x4_t abcd;
  std::uint32_t e;
  uint32x4_t words[4];

  template <int Group>
  inline void run() {
    uint32x4_t &word = words[Group % 4];
    if constexpr (Group >= 4) {
      word = vsha1su1q_u32(vsha1su0q_u32(word, words[(Group + 1) % 4], words[(Group + 2) % 4]), words[(Group + 3) % 4]);
    }
    const uint32x4_t input = vaddq_u32(word, vdupq_n_u32(kConstants[Group / 5]));
    const std::uint32_t next = vsha1h_u32(vgetq_lane_u32(abcd, 0));
    if constexpr (Group < 5) {
      abcd = vsha1cq_u32(abcd, e, input);
    } else if constexpr (Group >= 10 && Group < 15) {
      abcd = vsha1mq_u32(abcd, e, input);
    } else {
      abcd = vsha1pq_u32(abcd, e, input);
    }
    e = next;
  }
};

}  // namespace

void sha1_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks) {
  uint32x4_t abcd = vld1q_u32(state);
  std::uint32_t e = state[4];
  for (; blocks != 0; blocks--, data += kSha1BlockSize) {
    Rounds rounds;
    rounds.abcd = abcd;
    rounds.e = e;
    for (std::size_t i = 0; i < 4; i++) {
      rounds.words[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
    }
    [&]<int... Group>(std::integer_sequence<int, Group...>) { (rounds.template run<Group>(), ...); }
    (std::make_integer_sequence<int, 20>{});
    abcd = vaddq_u32(abcd, rounds.abcd);
    e += rounds.e;
  }
  vst1q_u32(state, abcd);
  state[4] = e;
}

}  // namespace ramson::armv8
