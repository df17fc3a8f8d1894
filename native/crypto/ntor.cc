#include "ntor.h"

#include <cstring>

#include "sha256.h"
#include "wipe.h"

namespace ramson {
namespace {

#define RAMSON_NTOR "ntor-curve25519-sha256-1"
constexpr std::string_view kProtocol = RAMSON_NTOR;
constexpr std::string_view kCode = RAMSON_NTOR ":mac";
constexpr std::string_view kKey = RAMSON_NTOR ":key_extract";
constexpr std::string_view kVerify = RAMSON_NTOR ":verify";
constexpr std::string_view kExpand = RAMSON_NTOR ":key_expand";
#undef RAMSON_NTOR
constexpr std::string_view kServer = "Server";

/// What both sides then share, in the order in which it is hashed; all of it wiped.
struct Secrets {
  std::uint8_t with_ephemeral[kX25519Size], with_onion_key[kX25519Size];
  std::uint8_t onion_secret[kX25519Size];
  std::uint8_t seed[kSha256Size], verify[kSha256Size];
  ~Secrets() { wipe(this, sizeof *this); }
};

}  // namespace

OnionSkinVerdict answer_ntor(const Kernel &kernel, const std::uint8_t *skin, const std::uint8_t *identity,
                             const OnionKeys &keys, const std::uint8_t *ephemeral_secret, std::uint8_t *reply,
                             std::uint8_t *key_material, std::size_t key_size) {
  std::memset(reply, 0, kNtorReplySize);
  std::memset(key_material, 0, key_size);
  if (std::memcmp(skin, identity, kNtorIdentitySize) != 0) return OnionSkinVerdict::kOtherRelay;
  const std::uint8_t *onion_key = skin + kNtorIdentitySize, *client_key = onion_key + kX25519Size;
  std::uint8_t *server_key = reply, *auth = reply + kX25519Size;

  Secrets secrets;
  const std::uint64_t known = choose_onion_key(keys, onion_key, secrets.onion_secret);
  const X25519Product products[] = {{ephemeral_secret, nullptr, server_key},
                                    {ephemeral_secret, client_key, secrets.with_ephemeral},
                                    {secrets.onion_secret, client_key, secrets.with_onion_key}};
  x25519(products);
  const std::uint64_t weak = is_zero(secrets.with_ephemeral) | is_zero(secrets.with_onion_key);

  const auto hash_secret = [&](std::string_view key, std::uint8_t *out) {
    HmacSha256(kernel, key)
        .add(secrets.with_ephemeral, kX25519Size)
        .add(secrets.with_onion_key, kX25519Size)
        .add(identity, kNtorIdentitySize)
        .add(onion_key, kX25519Size)
        .add(client_key, kX25519Size)
        .add(server_key, kX25519Size)
        .add(kProtocol)
        .finish(out);
  };
  hash_secret(kKey, secrets.seed);
  hash_secret(kVerify, secrets.verify);
  HmacSha256(kernel, kCode)
      .add(secrets.verify, kSha256Size)
      .add(identity, kNtorIdentitySize)
      .add(onion_key, kX25519Size)
      .add(server_key, kX25519Size)
      .add(client_key, kX25519Size)
      .add(kProtocol)
      .add(kServer)
      .finish(auth);
  hkdf_expand(kernel, secrets.seed, kExpand, key_material, key_size);
  if ((weak | ~known) == 0) return OnionSkinVerdict::kAnswered;
  wipe(reply, kNtorReplySize);
  wipe(key_material, key_size);
  return weak != 0 ? OnionSkinVerdict::kWeakPoint : OnionSkinVerdict::kUnknownKey;
}

}  // namespace ramson
