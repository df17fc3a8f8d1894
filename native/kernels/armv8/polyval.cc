// POLYVAL with PMULL: eight blocks are multiplied by eight powers of the key and reduced together.

#include <arm_neon.h>

#include "../kernel.h"
#include "../words.h"

namespace ramson::armv8 {
namespace {

/// A product of 256 bits that is not yet reduced: high and low halves and what straddles them.
struct Product {
  uint64x2_t low, cross, high;
};

inline uint64x2_t carryless(std::uint64_t a, std::uint64_t b) {
  return vreinterpretq_u64_p128(vmull_p64(static_cast<poly64_t>(a), static_cast<poly64_t>(b)));
}

inline Product product(uint64x2_t a, uint64x2_t b) {
  const std::uint64_t a0 = vgetq_lane_u64(a, 0), a1 = vgetq_lane_u64(a, 1);
  const std::uint64_t b0 = vgetq_lane_u64(b, 0), b1 = vgetq_lane_u64(b, 1);
  return {carryless(a0, b0), veorq_u64(carryless(a0, b1), carryless(a1, b0)), carryless(a1, b1)};
}

inline Product add(const Product &a, const Product &b) {
  return {veorq_u64(a.low, b.low), veorq_u64(a.cross, b.cross), veorq_u64(a.high, b.high)};
}

/// Divides by x^128 modulo x^128 + x^127 + x^126 + x^121 + 1, in two steps of x^64.
inline uint64x2_t reduce(const Product &p) {
  const uint64x2_t zero = vdupq_n_u64(0);
  uint64x2_t low = veorq_u64(p.low, vextq_u64(zero, p.cross, 1));
  const uint64x2_t high = veorq_u64(p.high, vextq_u64(p.cross, zero, 1));
  for (int step = 0; step < 2; step++) {
    low = veorq_u64(vextq_u64(low, low, 1), carryless(vgetq_lane_u64(low, 0), 0xc200000000000000));
  }
  return veorq_u64(low, high);
}

inline uint64x2_t load(const std::uint8_t *at) { return vreinterpretq_u64_u8(vld1q_u8(at)); }

inline void store(std::uint8_t *at, uint64x2_t element) { vst1q_u8(at, vreinterpretq_u8_u64(element)); }

}  // namespace

void polyval_expand(PolyvalKey &key, const std::uint8_t *octets, std::size_t powers) {
  const uint64x2_t first = load(octets);
  uint64x2_t next = first;
  store(key.powers[0], next);
  for (std::size_t i = 1; i < powers; i++) {
    next = reduce(product(next, first));
    store(key.powers[i], next);
  }
}

void polyval(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t blocks) {
  uint64x2_t total = load(sum);
  while (blocks != 0) {
    const std::size_t take = blocks < kPolyvalPowers ? blocks : kPolyvalPowers;
    Product folded = product(veorq_u64(total, load(data)), load(key.powers[take - 1]));
    for (std::size_t i = 1; i < take; i++) {
      folded = add(folded, product(load(data + i * kPolyvalBlockSize), load(key.powers[take - i - 1])));
    }
    total = reduce(folded);
    data += take * kPolyvalBlockSize;
    blocks -= take;
  }
  store(sum, total);
}

}  // namespace ramson::armv8
