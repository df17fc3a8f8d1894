#include "field25519.h"

namespace ramson {
namespace {

Field squared(Field value, int times) {
  for (; times != 0; times--) value = square(value);
  return value;
}

/// value^(p - 2), by Fermat the inverse. Names tell how many ones the exponent has, in binary.
Field inverse(const Field &value) {
  const Field two = square(value);
  const Field nine = squared(two, 2) * value;
  const Field eleven = nine * two;
  const Field ones5 = square(eleven) * nine;
  const Field ones10 = squared(ones5, 5) * ones5;
  const Field ones20 = squared(ones10, 10) * ones10;
  const Field ones40 = squared(ones20, 20) * ones20;
  const Field ones50 = squared(ones40, 10) * ones10;
  const Field ones100 = squared(ones50, 50) * ones50;
  const Field ones200 = squared(ones100, 100) * ones100;
  const Field ones250 = squared(ones200, 50) * ones50;
  return squared(ones250, 5) * eleven;
}

}  // namespace

Field field_from(const std::uint8_t *octets) {
  const std::uint64_t w0 = load_le64(octets), w1 = load_le64(octets + 8), w2 = load_le64(octets + 16),
                      w3 = load_le64(octets + 24);
  return {{w0 & kLimbMask, (w0 >> 51 | w1 << 13) & kLimbMask, (w1 >> 38 | w2 << 26) & kLimbMask,
           (w2 >> 25 | w3 << 39) & kLimbMask, w3 >> 12 & kLimbMask}};
}

void field_to(const Field &value, std::uint8_t *octets) {
  std::uint64_t limbs[5];
  std::memcpy(limbs, value.limbs, sizeof limbs);
  for (int round = 0; round < 2; round++) {
    for (std::size_t i = 0; i < 4; i++) {
      limbs[i + 1] += limbs[i] >> 51;
      limbs[i] &= kLimbMask;
    }
    limbs[0] += 19 * (limbs[4] >> 51);
    limbs[4] &= kLimbMask;
  }
  // Now below 2^255 + 19: what 19 more would carry out of the top says whether p is to be taken away.
  std::uint64_t carry = 19;
  for (const std::uint64_t limb : limbs) carry = (limb + carry) >> 51;
  limbs[0] += 19 * carry;
  for (std::size_t i = 0; i < 4; i++) {
    limbs[i + 1] += limbs[i] >> 51;
    limbs[i] &= kLimbMask;
  }
  limbs[4] &= kLimbMask;
  store_le64(octets, limbs[0] | limbs[1] << 51);
  store_le64(octets + 8, limbs[1] >> 13 | limbs[2] << 38);
  store_le64(octets + 16, limbs[2] >> 26 | limbs[3] << 25);
  store_le64(octets + 24, limbs[3] >> 39 | limbs[4] << 12);
  wipe(limbs, sizeof limbs);
}

std::uint64_t is_zero(const Field &value) {
  std::uint8_t octets[kFieldSize];
  field_to(value, octets);
  const std::uint64_t any = load_le64(octets) | load_le64(octets + 8) | load_le64(octets + 16) | load_le64(octets + 24);
  wipe(octets, sizeof octets);
  return ((any | (~any + 1)) >> 63) - 1;
}

void invert(Field *values, std::size_t count) {
  constexpr Field kZero = {{0, 0, 0, 0, 0}};
  // products[i] is that of all values before i; from the inverse of all of them the others follow one by one.
  Field products[kMaxInverses];
  std::uint64_t zeros[kMaxInverses];
  Field product = kFieldOne;
  for (std::size_t i = 0; i < count; i++) {
    zeros[i] = is_zero(values[i]);
    choose(values[i], kFieldOne, zeros[i]);
    products[i] = product;
    product = product * values[i];
  }
  Field rest = inverse(product);
  for (std::size_t i = count; i-- != 0;) {
    const Field value = values[i];
    values[i] = rest * products[i];
    choose(values[i], kZero, zeros[i]);
    rest = rest * value;
  }
  wipe(products, sizeof products);
  wipe(zeros, sizeof zeros);
  wipe(&product, sizeof product);
  wipe(&rest, sizeof rest);
}

}  // namespace ramson
