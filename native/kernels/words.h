// Loads and stores of words in the byte orders that the algorithms fix. Internal linkage on purpose: kernel files are
// compiled for different processors, and the linker must not merge one's copy into another's.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ramson {

static_assert(std::endian::native == std::endian::little, "the kernels are written for little-endian processors");

[[maybe_unused]] static inline std::uint32_t load_be32(const std::uint8_t *at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return __builtin_bswap32(word);
}

[[maybe_unused]] static inline void store_be32(std::uint8_t *at, std::uint32_t word) {
  word = __builtin_bswap32(word);
  std::memcpy(at, &word, sizeof word);
}

[[maybe_unused]] static inline std::uint64_t load_le64(const std::uint8_t *at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

[[maybe_unused]] static inline void store_le64(std::uint8_t *at, std::uint64_t word) {
  std::memcpy(at, &word, sizeof word);
}

[[maybe_unused]] static inline void store_be64(std::uint8_t *at, std::uint64_t word) {
  word = __builtin_bswap64(word);
  std::memcpy(at, &word, sizeof word);
}

/// Adds to a counter of 128 bits, wrapping around, without a branch.
[[maybe_unused]] static inline void add_to_counter(std::uint64_t &high, std::uint64_t &low, std::uint64_t blocks) {
  low += blocks;
  high += static_cast<std::uint64_t>(low < blocks);
}

}  // namespace ramson
