// The SHA-1 compression function (FIPS 180-4, section 6.1.2) on any processor.

#include "../../crypto/wipe.h"
#include "../kernel.h"
#include "../words.h"

namespace ramson::generic {

void sha1_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks) {
  std::uint32_t schedule[80];
  for (; blocks != 0; blocks--, data += kSha1BlockSize) {
    for (std::size_t t = 0; t < 16; t++) schedule[t] = load_be32(data + 4 * t);
    for (std::size_t t = 16; t < 80; t++) {
      schedule[t] = std::rotl(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);
    }
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    const auto step = [&](std::uint32_t mixed, std::uint32_t constant, std::uint32_t word) {
      const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + word;
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    };
    for (std::size_t t = 0; t < 20; t++) step(d ^ (b & (c ^ d)), 0x5a827999, schedule[t]);
    for (std::size_t t = 20; t < 40; t++) step(b ^ c ^ d, 0x6ed9eba1, schedule[t]);
    for (std::size_t t = 40; t < 60; t++) step((b & c) | (d & (b | c)), 0x8f1bbcdc, schedule[t]);
    for (std::size_t t = 60; t < 80; t++) step(b ^ c ^ d, 0xca62c1d6, schedule[t]);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
  }
  wipe(schedule, sizeof schedule);
}

}  // namespace ramson::generic
