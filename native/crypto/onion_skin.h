// What the circuit handshakes of a relay have in common: the onion keys that a skin may be for, and why one is refused.
#pragma once

#include <cstddef>
#include <cstdint>

#include "x25519.h"

namespace ramson {

/// Mirrored in src/crypto/binding.ts. A skin that deserves several refusals gets the one that comes first here.
enum class OnionSkinVerdict : std::uint8_t { kAnswered, kOtherRelay, kWeakPoint, kUnknownKey, kForged };

inline constexpr std::size_t kOnionKeyRecordSize = 2 * kX25519Size;

/// Records of a secret and its public half. The last is the junk key, which stands in for every key that is not there,
/// so that the time to refuse a skin says nothing about which keys there are; its public half does not count.
struct OnionKeys {
  const std::uint8_t *records;
  std::size_t count;
};

/// Writes the secret that belongs to `onion_public`, or that of the junk key; returns all ones for the former, else
/// zero. All records are read, whichever it is.
std::uint64_t choose_onion_key(const OnionKeys &keys, const std::uint8_t *onion_public, std::uint8_t *secret);

/// All ones when both are equal, else zero; takes the same time for all octets.
std::uint64_t is_equal(const std::uint8_t *a, const std::uint8_t *b, std::size_t size);

}  // namespace ramson
