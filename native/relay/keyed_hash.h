// Places in hash tables for numbers that strangers choose: SipHash-1-3 under a key of this process, so that nobody can
// pick circ_ids that all fall on one place.
#pragma once

#include <cstdint>

namespace ramson {

struct HashKey {
  std::uint64_t first, second;
};

/// Random, made at the first use in the process.
const HashKey &process_hash_key();

namespace hash_detail {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  static constexpr std::uint64_t rotate(std::uint64_t word, int by) { return word << by | word >> (64 - by); }

  constexpr void round() {
    v0 += v1;
    v1 = rotate(v1, 13) ^ v0;
    v0 = rotate(v0, 32);
    v2 += v3;
    v3 = rotate(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotate(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotate(v1, 17) ^ v2;
    v2 = rotate(v2, 32);
  }

  constexpr void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace hash_detail

/// SipHash-1-3 of the eight octets of a word, little-endian.
constexpr std::uint64_t keyed_hash(const HashKey &key, std::uint64_t word) {
  hash_detail::SipState state{key.first ^ 0x736f6d6570736575, key.second ^ 0x646f72616e646f6d,
                              key.first ^ 0x6c7967656e657261, key.second ^ 0x7465646279746573};
  state.absorb(word);
  state.absorb(std::uint64_t{8} << 56);
  state.v2 ^= 0xff;
  state.round();
  state.round();
  state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace ramson
