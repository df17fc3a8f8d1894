// Keccak-f[1600] (FIPS 202, section 3). Rotations and round constants are computed by the compiler from their
// definitions.

#include <array>

#include "../../crypto/wipe.h"
#include "../kernel.h"
#include "../words.h"

namespace ramson::generic {
namespace {

constexpr std::size_t kRounds = 24;

/// Bit t of the sequence that the iota constants are drawn from (FIPS 202, algorithm 5).
constexpr bool round_constant_bit(std::size_t t) {
  unsigned lfsr = 1;
  for (std::size_t i = 0; i < t % 255; i++) {
    lfsr <<= 1;
    if (lfsr & 0x100) lfsr ^= 0x171;
  }
  return lfsr & 1;
}

constexpr std::array<std::uint64_t, kRounds> round_constants() {
  std::array<std::uint64_t, kRounds> constants{};
  for (std::size_t round = 0; round < kRounds; round++) {
    for (std::size_t j = 0; j <= 6; j++) {
      if (round_constant_bit(j + 7 * round)) constants[round] |= std::uint64_t{1} << ((std::size_t{1} << j) - 1);
    }
  }
  return constants;
}

/// Where rho and pi take each lane: lane `from[i]`, turned left by `by[i]`, becomes lane i (lane 5y + x).
struct Walk {
  std::array<std::size_t, kKeccakStateWords> from;
  std::array<int, kKeccakStateWords> by;
};

constexpr Walk rho_and_pi() {
  std::array<int, kKeccakStateWords> offsets{};
  std::size_t x = 1, y = 0;
  for (int t = 0; t < 24; t++) {
    offsets[5 * y + x] = (t + 1) * (t + 2) / 2 % 64;
    const std::size_t next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
  }
  Walk walk{};
  for (std::size_t row = 0; row < 5; row++) {
    for (std::size_t column = 0; column < 5; column++) {
      const std::size_t from = 5 * column + (column + 3 * row) % 5;
      walk.from[5 * row + column] = from;
      walk.by[5 * row + column] = offsets[from];
    }
  }
  return walk;
}

constexpr auto kRoundConstants = round_constants();
constexpr Walk kWalk = rho_and_pi();
static_assert(kRoundConstants[0] == 1 && kRoundConstants[23] == 0x8000000080008008);

/// One round from one state into another, a plane at a time, so that few lanes are in flight at once.
inline void round(const std::uint64_t *from, std::uint64_t *to, std::uint64_t round_constant) {
  std::uint64_t parity[5], theta[5];
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; x++) parity[x] = from[x] ^ from[x + 5] ^ from[x + 10] ^ from[x + 15] ^ from[x + 20];
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; x++) theta[x] = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
#pragma GCC unroll 5
  for (std::size_t y = 0; y < 25; y += 5) {
    std::uint64_t plane[5];
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; x++) {
      const std::size_t source = kWalk.from[y + x];
      plane[x] = std::rotl(from[source] ^ theta[source % 5], kWalk.by[y + x]);
    }
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; x++) to[y + x] = plane[x] ^ (~plane[(x + 1) % 5] & plane[(x + 2) % 5]);
  }
  to[0] ^= round_constant;
}

}  // namespace

void keccak(std::uint64_t *state) {
  std::uint64_t between[kKeccakStateWords];
  for (std::size_t i = 0; i < kRounds; i += 2) {
    round(state, between, kRoundConstants[i]);
    round(between, state, kRoundConstants[i + 1]);
  }
  wipe(between, sizeof between);
}

}  // namespace ramson::generic
