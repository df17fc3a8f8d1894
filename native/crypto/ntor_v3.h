// The relay's side of ntor-v3 (proposal 332), in two steps, because what it answers to the client's message is decided
// elsewhere in between. src/crypto/ntor-v3.ts is the plain twin and holds the client's side too.
#pragma once

#include "../kernels/kernel.h"
#include "onion_skin.h"

namespace ramson {

inline constexpr std::size_t kNtorV3KeySize = 32;
/// Identity, onion key, the client's key, and behind its message a code.
inline constexpr std::size_t kNtorV3SkinOverhead = 4 * kNtorV3KeySize;
/// The relay's key and a code, before its message.
inline constexpr std::size_t kNtorV3ReplyOverhead = 2 * kNtorV3KeySize;

struct Octets {
  const std::uint8_t *at;
  std::size_t size;
};

/// The relay and the purpose of the handshake; `identity` has 32 octets.
struct NtorV3Relay {
  const std::uint8_t *identity;
  Octets verification;
};

/// Decrypts the client's message where it lies in the skin (`size` octets, kNtorV3SkinOverhead at least) if it is
/// genuine, and writes into `shared` (32 octets) what the second step needs. A skin that is refused stays as it was.
OnionSkinVerdict open_ntor_v3(const Kernel &kernel, std::uint8_t *skin, std::size_t size, const NtorV3Relay &relay,
                              const OnionKeys &keys, std::uint8_t *shared);

/// After the first step: the reply (kNtorV3ReplyOverhead and the message's size) and `key_size` octets of key material.
void seal_ntor_v3(const Kernel &kernel, const Octets &skin, const NtorV3Relay &relay, const std::uint8_t *shared,
                  const std::uint8_t *ephemeral_secret, const Octets &message, std::uint8_t *reply,
                  std::uint8_t *key_material, std::size_t key_size);

}  // namespace ramson
