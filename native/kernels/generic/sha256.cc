// The SHA-256 compression function (FIPS 180-4, section 6.2.2) on any processor.

#include "../../crypto/wipe.h"
#include "../kernel.h"
#include "../sha256_constants.h"
#include "../words.h"

namespace ramson::generic {
namespace {

std::uint32_t sum_a(std::uint32_t x) { return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22); }
std::uint32_t sum_e(std::uint32_t x) { return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25); }
std::uint32_t older(std::uint32_t x) { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3; }
std::uint32_t newer(std::uint32_t x) { return std::rotr(x, 17) ^ std::rotr(x, 19) ^ x >> 10; }

/// The eight working variables, which move by one place a step, and the last sixteen words of the schedule.
struct Rounds {
  std::uint32_t variables[8];
  std::uint32_t words[16];

  inline std::uint32_t &variable(std::size_t name, std::size_t t) { return variables[(name - t) % 8]; }

  inline std::uint32_t word(std::size_t t) {
    std::uint32_t &place = words[t % 16];
    if (t >= 16) place += newer(words[(t + 14) % 16]) + words[(t + 9) % 16] + older(words[(t + 1) % 16]);
    return place;
  }

  inline void step(std::size_t t) {
    const std::uint32_t a = variable(0, t), b = variable(1, t), c = variable(2, t);
    const std::uint32_t e = variable(4, t), f = variable(5, t), g = variable(6, t);
    std::uint32_t &d = variable(3, t), &h = variable(7, t);
    const std::uint32_t first = h + sum_e(e) + (g ^ (e & (f ^ g))) + kSha256Constants[t] + word(t);
    d += first;
    h = first + sum_a(a) + ((a & b) | (c & (a | b)));
  }
};

}  // namespace

void sha256_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks) {
  Rounds rounds;
  for (; blocks != 0; blocks--, data += kSha256BlockSize) {
    for (std::size_t t = 0; t < 16; t++) rounds.words[t] = load_be32(data + 4 * t);
    std::memcpy(rounds.variables, state, sizeof rounds.variables);
#pragma GCC unroll 64
    for (std::size_t t = 0; t < 64; t++) rounds.step(t);
    for (std::size_t i = 0; i < kSha256StateWords; i++) state[i] += rounds.variables[i];
  }
  wipe(&rounds, sizeof rounds);
}

}  // namespace ramson::generic
