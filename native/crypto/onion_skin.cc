#include "onion_skin.h"

namespace ramson {

std::uint64_t is_equal(const std::uint8_t *a, const std::uint8_t *b, std::size_t size) {
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < size; i++) different |= static_cast<std::uint64_t>(a[i] ^ b[i]);
  return 0 - ((different - 1) >> 63);
}

std::uint64_t choose_onion_key(const OnionKeys &keys, const std::uint8_t *onion_public, std::uint8_t *secret) {
  const std::uint8_t *junk = keys.records + (keys.count - 1) * kOnionKeyRecordSize;
  std::uint64_t known = 0;
  for (std::size_t i = 0; i < kX25519Size; i++) secret[i] = junk[i];
  for (const std::uint8_t *record = keys.records; record != junk; record += kOnionKeyRecordSize) {
    const std::uint64_t chosen = is_equal(record + kX25519Size, onion_public, kX25519Size);
    for (std::size_t i = 0; i < kX25519Size; i++) {
      secret[i] = static_cast<std::uint8_t>(secret[i] ^ (chosen & (secret[i] ^ record[i])));
    }
    known |= chosen;
  }
  return known;
}

}  // namespace ramson
