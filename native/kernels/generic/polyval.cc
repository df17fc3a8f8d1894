// POLYVAL (RFC 8452, section 3) on any processor, in constant time: carry-less products out of ordinary multiplications
// whose operands keep one bit in four, so that sums never run into the next bit that counts.

#include "../kernel.h"
#include "../words.h"

namespace ramson::generic {
namespace {

struct Element {
  std::uint64_t low, high;
};

/// The low 64 bits of the carry-less product. At most 16 ones meet in a bit, and only at bit 60 and above can 16 meet,
/// so the carry out of a group of four bits never reaches a bit that counts.
std::uint64_t product_low(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kEveryFourth = 0x1111111111111111;
  std::uint64_t sum = 0;
  for (unsigned residue = 0; residue < 4; residue++) {
    std::uint64_t part = 0;
    for (unsigned i = 0; i < 4; i++) {
      part ^= (a & kEveryFourth << i) * (b & kEveryFourth << ((residue - i) & 3));
    }
    sum |= part & kEveryFourth << residue;
  }
  return sum;
}

std::uint64_t reverse_bits(std::uint64_t word) {
  word = (word >> 1 & 0x5555555555555555) | (word & 0x5555555555555555) << 1;
  word = (word >> 2 & 0x3333333333333333) | (word & 0x3333333333333333) << 2;
  word = (word >> 4 & 0x0f0f0f0f0f0f0f0f) | (word & 0x0f0f0f0f0f0f0f0f) << 4;
  return __builtin_bswap64(word);
}

/// The carry-less product of 64 by 64 bits. The high half is the low half of the mirrored operands, mirrored.
Element product(std::uint64_t a, std::uint64_t b) {
  return {product_low(a, b), reverse_bits(product_low(reverse_bits(a), reverse_bits(b))) >> 1};
}

/// dot(a, b) = a * b * x^-128 modulo x^128 + x^127 + x^126 + x^121 + 1.
Element dot(Element a, Element b) {
  const Element low = product(a.low, b.low);
  const Element high = product(a.high, b.high);
  const Element cross = product(a.low ^ a.high, b.low ^ b.high);
  const std::uint64_t v0 = low.low;
  std::uint64_t v1 = low.high ^ cross.low ^ low.low ^ high.low;
  std::uint64_t v2 = high.low ^ cross.high ^ low.high ^ high.high;
  std::uint64_t v3 = high.high;
  // Each step divides by x^64: it adds the multiple of the modulus that clears the lowest word.
  v1 ^= v0 << 63 ^ v0 << 62 ^ v0 << 57;
  v2 ^= v0 ^ v0 >> 1 ^ v0 >> 2 ^ v0 >> 7;
  v2 ^= v1 << 63 ^ v1 << 62 ^ v1 << 57;
  v3 ^= v1 ^ v1 >> 1 ^ v1 >> 2 ^ v1 >> 7;
  return {v2, v3};
}

Element load(const std::uint8_t *at) { return {load_le64(at), load_le64(at + 8)}; }

void store(std::uint8_t *at, Element element) {
  store_le64(at, element.low);
  store_le64(at + 8, element.high);
}

}  // namespace

void polyval_expand(PolyvalKey &key, const std::uint8_t *octets, std::size_t powers) {
  const Element first = load(octets);
  Element power = first;
  store(key.powers[0], power);
  for (std::size_t i = 1; i < powers; i++) {
    power = dot(power, first);
    store(key.powers[i], power);
  }
}

void polyval(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t blocks) {
  const Element factor = load(key.powers[0]);
  Element total = load(sum);
  for (; blocks != 0; blocks--, data += kPolyvalBlockSize) {
    const Element block = load(data);
    total = dot({total.low ^ block.low, total.high ^ block.high}, factor);
  }
  store(sum, total);
}

}  // namespace ramson::generic
