// The SHA-1 compression function (FIPS 180-4, section 6.1.2) on any processor.

#include "../../crypto/wipe.h"
#include "../kernel.h"
#include "../words.h"

namespace ramson::generic {
namespace {

/// The five working variables, and the last sixteen words of the schedule.
struct Rounds {
  std::uint32_t a, b, c, d, e;
  std::uint32_t words[16];

  inline std::uint32_t word(std::size_t t) {
    std::uint32_t &place = words[t % 16];
    if (t >= 16) place = std::rotl(words[(t + 13) % 16] ^ words[(t + 8) % 16] ^ words[(t + 2) % 16] ^ place, 1);
    return place;
  }

  /// Steps `from` to `from` + 19, with the function and the constant of that quarter.
  template <typename Function>
  inline void quarter(std::size_t from, std::uint32_t constant, Function function) {
#pragma GCC unroll 20
    for (std::size_t t = from; t < from + 20; t++) {
      const std::uint32_t next = std::rotl(a, 5) + function(b, c, d) + e + constant + word(t);
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
  }
};

std::uint32_t choose(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return z ^ (x & (y ^ z)); }
std::uint32_t parity(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; }
std::uint32_t majority(std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) | (z & (x | y)); }

}  // namespace

void sha1_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks) {
  Rounds rounds;
  for (; blocks != 0; blocks--, data += kSha1BlockSize) {
    for (std::size_t t = 0; t < 16; t++) rounds.words[t] = load_be32(data + 4 * t);
    rounds.a = state[0];
    rounds.b = state[1];
    rounds.c = state[2];
    rounds.d = state[3];
    rounds.e = state[4];
    rounds.quarter(0, 0x5a827999, choose);
    rounds.quarter(20, 0x6ed9eba1, parity);
    rounds.quarter(40, 0x8f1bbcdc, majority);
    rounds.quarter(60, 0xca62c1d6, parity);
    state[0] += rounds.a;
    state[1] += rounds.b;
    state[2] += rounds.c;
    state[3] += rounds.d;
    state[4] += rounds.e;
  }
  wipe(&rounds, sizeof rounds);
}

}  // namespace ramson::generic
