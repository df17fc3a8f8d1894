#include "ntor_v3.h"

#include <cstring>
#include <memory>
#include <string_view>

#include "../kernels/words.h"
#include "sha3.h"
#include "wipe.h"

namespace ramson {
namespace {

constexpr std::size_t kSize = kNtorV3KeySize;

#define RAMSON_NTOR "ntor3-curve25519-sha3_256-1"
constexpr std::string_view kProtocol = RAMSON_NTOR;
constexpr std::string_view kPhaseOne = RAMSON_NTOR ":kdf_phase1";
constexpr std::string_view kMessageCode = RAMSON_NTOR ":msg_mac";
constexpr std::string_view kKeySeed = RAMSON_NTOR ":key_seed";
constexpr std::string_view kVerify = RAMSON_NTOR ":verify";
constexpr std::string_view kFinal = RAMSON_NTOR ":kdf_final";
constexpr std::string_view kAuth = RAMSON_NTOR ":auth_final";
#undef RAMSON_NTOR
constexpr std::string_view kServer = "Server";

/// A hash of this handshake: begins with its name, in an envelope. Wipes itself.
class Hash {
 public:
  Hash(const Kernel &kernel, std::string_view name) : kernel_(kernel) {
    running_.start();
    envelope({reinterpret_cast<const std::uint8_t *>(name.data()), name.size()});
  }
  ~Hash() { wipe(&running_, sizeof running_); }
  Hash(const Hash &) = delete;
  Hash &operator=(const Hash &) = delete;

  Hash &add(const Octets &octets) {
    running_.update(kernel_, octets.at, octets.size);
    return *this;
  }
  /// One of the many that have 32 octets.
  Hash &add(const std::uint8_t *octets) { return add(Octets{octets, kSize}); }
  Hash &add(std::string_view text) {
    return add(Octets{reinterpret_cast<const std::uint8_t *>(text.data()), text.size()});
  }
  /// Octets after their length.
  Hash &envelope(const Octets &octets) {
    std::uint8_t size[8];
    store_be64(size, octets.size);
    return add(Octets{size, sizeof size}).add(octets);
  }
  void digest(std::uint8_t *out) const { running_.peek(kernel_, out); }
  void stream(std::uint8_t *out, std::size_t size) const { running_.peek_shake(kernel_, out, size); }

 private:
  const Kernel &kernel_;
  Sha3 running_;
};

/// AES-256-CTR from a zero counter, in place; every key encrypts one message.
void crypt(const Kernel &kernel, const std::uint8_t *key, std::uint8_t *message, std::size_t size) {
  AesCtr state{};
  kernel.aes_expand(state.key, key, kSize);
  state.used = kAesBlockSize;
  kernel.aes_ctr(state, message, size);
  wipe(&state, sizeof state);
}

/// Places in an onion skin.
struct Skin {
  const std::uint8_t *identity, *onion_key, *client_key;
  Octets message;
  const std::uint8_t *code;
  Skin(const std::uint8_t *skin, std::size_t size)
      : identity(skin),
        onion_key(skin + kSize),
        client_key(skin + 2 * kSize),
        message{skin + 3 * kSize, size - kNtorV3SkinOverhead},
        code(skin + size - kSize) {}
};

struct OpeningSecrets {
  std::uint8_t onion_secret[kSize];
  std::uint8_t keys[2 * kSize];  // of the message: for encryption, for its code
  std::uint8_t code[kSize];
  ~OpeningSecrets() { wipe(this, sizeof *this); }
};

struct SealingSecrets {
  std::uint8_t with_ephemeral[kSize], seed[kSize], verify[kSize];
  ~SealingSecrets() { wipe(this, sizeof *this); }
};

}  // namespace

OnionSkinVerdict open_ntor_v3(const Kernel &kernel, std::uint8_t *octets, std::size_t size, const NtorV3Relay &relay,
                              const OnionKeys &keys, std::uint8_t *shared) {
  const Skin skin(octets, size);
  std::memset(shared, 0, kSize);
  if (std::memcmp(skin.identity, relay.identity, kSize) != 0) return OnionSkinVerdict::kOtherRelay;
  OpeningSecrets secrets;
  const std::uint64_t known = choose_onion_key(keys, skin.onion_key, secrets.onion_secret);
  const X25519Product product{secrets.onion_secret, skin.client_key, shared};
  x25519({&product, 1});
  const std::uint64_t weak = is_zero(shared);
  Hash(kernel, kPhaseOne)
      .add(shared)
      .add(relay.identity)
      .add(skin.client_key)
      .add(skin.onion_key)
      .add(kProtocol)
      .envelope(relay.verification)
      .stream(secrets.keys, sizeof secrets.keys);
  Hash(kernel, kMessageCode)
      .envelope({secrets.keys + kSize, kSize})
      .add(relay.identity)
      .add(skin.onion_key)
      .add(skin.client_key)
      .add(skin.message)
      .digest(secrets.code);
  const std::uint64_t genuine = is_equal(secrets.code, skin.code, kSize);
  if ((weak | ~known | ~genuine) == 0) {
    crypt(kernel, secrets.keys, octets + 3 * kSize, skin.message.size);
    return OnionSkinVerdict::kAnswered;
  }
  wipe(shared, kSize);
  if (weak != 0) return OnionSkinVerdict::kWeakPoint;
  return known == 0 ? OnionSkinVerdict::kUnknownKey : OnionSkinVerdict::kForged;
}

void seal_ntor_v3(const Kernel &kernel, const Octets &octets, const NtorV3Relay &relay, const std::uint8_t *shared,
                  const std::uint8_t *ephemeral_secret, const Octets &message, std::uint8_t *reply,
                  std::uint8_t *key_material, std::size_t key_size) {
  const Skin skin(octets.at, octets.size);
  std::uint8_t *server_key = reply, *auth = reply + kSize, *encrypted = reply + kNtorV3ReplyOverhead;
  SealingSecrets secrets;
  const X25519Product products[] = {{ephemeral_secret, nullptr, server_key},
                                    {ephemeral_secret, skin.client_key, secrets.with_ephemeral}};
  x25519(products);
  const auto hash_secret = [&](std::string_view name, std::uint8_t *out) {
    Hash(kernel, name)
        .add(secrets.with_ephemeral)
        .add(shared)
        .add(relay.identity)
        .add(skin.onion_key)
        .add(skin.client_key)
        .add(server_key)
        .add(kProtocol)
        .envelope(relay.verification)
        .digest(out);
  };
  hash_secret(kKeySeed, secrets.seed);
  hash_secret(kVerify, secrets.verify);

  // The stream is the key of the relay's message, and behind it the key material.
  const std::size_t stream_size = kSize + key_size;
  const std::unique_ptr<std::uint8_t[]> stream(new std::uint8_t[stream_size]);
  Hash(kernel, kFinal).add(secrets.seed).stream(stream.get(), stream_size);
  if (message.size != 0) std::memcpy(encrypted, message.at, message.size);
  crypt(kernel, stream.get(), encrypted, message.size);
  if (key_size != 0) std::memcpy(key_material, stream.get() + kSize, key_size);
  wipe(stream.get(), stream_size);
  Hash(kernel, kAuth)
      .add(secrets.verify)
      .add(relay.identity)
      .add(skin.onion_key)
      .add(server_key)
      .add(skin.client_key)
      .add(skin.code)
      .envelope({encrypted, message.size})
      .add(kProtocol)
      .add(kServer)
      .digest(auth);
}

}  // namespace ramson
