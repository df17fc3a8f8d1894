// The relay's side of ntor (tor-spec 5.1.4), from onion skin to reply and key material. src/crypto/ntor.ts is its plain
// twin and holds the client's side too.
#pragma once

#include "../kernels/kernel.h"
#include "onion_skin.h"

namespace ramson {

inline constexpr std::size_t kNtorIdentitySize = 20;
inline constexpr std::size_t kNtorSkinSize = kNtorIdentitySize + 2 * kX25519Size;
inline constexpr std::size_t kNtorReplySize = kX25519Size + 32;

/// `identity` and `ephemeral_secret` are the relay's. Where the skin is refused, `reply` (kNtorReplySize) and
/// `key_material` (`key_size` octets, 255 * 32 at most) are left as zeros.
OnionSkinVerdict answer_ntor(const Kernel &kernel, const std::uint8_t *skin, const std::uint8_t *identity,
                             const OnionKeys &keys, const std::uint8_t *ephemeral_secret, std::uint8_t *reply,
                             std::uint8_t *key_material, std::size_t key_size);

}  // namespace ramson
