// What the handshakes of circuits are built on: known answers, agreement of the kernels, memory that is not ours,
// wiping.

#include <cstring>
#include <new>

#include "crypto/ntor.h"
#include "crypto/ntor_v3.h"
#include "crypto/sha256.h"
#include "crypto/sha3.h"
#include "crypto/x25519.h"
#include "suite.h"

namespace ramson::test {
namespace {

Octets text(std::string_view ascii) { return {ascii.begin(), ascii.end()}; }

Octets sha256(const Kernel &kernel, const Octets &message, std::size_t step) {
  Sha256 running;
  running.start();
  for (std::size_t at = 0; at < message.size(); at += step) {
    running.update(kernel, message.data() + at, message.size() - at < step ? message.size() - at : step);
  }
  Octets digest(kSha256Size);
  running.peek(kernel, digest.data());
  return digest;
}

/// The examples NIST publishes for FIPS 180-4, RFC 4231 and FIPS 202.
void digests(const Kernel &kernel) {
  const struct {
    Octets message;
    const char *digest;
  } cases[] = {{{}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
               {text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
               {text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
               {Octets(1000000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const auto &[message, digest] : cases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{63}, std::size_t{64}, message.size() + 1}) {
      check_equal(sha256(kernel, message, step), from_hex(digest), kernel, "FIPS 180-4, SHA-256");
    }
  }
  HmacSha256 hmac(kernel, "Jefe");
  Octets code(kSha256Size);
  for (int again = 0; again < 2; again++) {
    hmac.add("what do ya want ").add("for nothing?").finish(code.data());
    check_equal(code, from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), kernel,
                "RFC 4231, test case 2");
  }
  Sha3 shake;
  shake.start();
  Octets stream(32);
  shake.peek_shake(kernel, stream.data(), stream.size());
  check_equal(stream, from_hex("46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"), kernel,
              "FIPS 202, SHAKE256 of nothing");
  shake.update(kernel, Octets(200, 0xa3).data(), 200);
  Octets longer(512);
  shake.peek_shake(kernel, longer.data(), longer.size());
  check_equal(longer.data(), from_hex("cd8a920ed141aa0407a22d59288652e9d9f1a7ee0c1e7c1ca699424da84a904d").data(), 32,
              kernel, "FIPS 202, SHAKE256 of 1600 bits");
  check_equal(longer.data() + 480, from_hex("6a1a9d7846436e4dca5728b6f760eef0ca92bf0be5615e96959d767197a0beeb").data(),
              32, kernel, "FIPS 202, SHAKE256 of 1600 bits");
}

/// RFC 7748, section 6.1: both halves and what they share, and that the ladder gives the halves too.
void diffie_hellman(const Kernel &kernel) {
  const Octets a = from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const Octets b = from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  Octets nine(kX25519Size), a_half(kX25519Size), b_half(kX25519Size), by_ladder(kX25519Size);
  nine[0] = 9;
  const X25519Product halves[] = {{a.data(), nullptr, a_half.data()},
                                  {b.data(), nullptr, b_half.data()},
                                  {a.data(), nine.data(), by_ladder.data()}};
  x25519(halves);
  check_equal(a_half, from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"), kernel,
              "RFC 7748 6.1, Alice's public key");
  check_equal(b_half, from_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"), kernel,
              "RFC 7748 6.1, Bob's public key");
  check_equal(by_ladder, a_half, kernel, "the ladder agrees with the table");
  Octets shared(kX25519Size), zeros(kX25519Size, 0xff);
  const Octets weak(kX25519Size);
  const X25519Product products[] = {{a.data(), b_half.data(), shared.data()}, {a.data(), weak.data(), zeros.data()}};
  x25519(products);
  check_equal(shared, from_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"), kernel,
              "RFC 7748 6.1, the shared secret");
  check_equal(zeros, weak, kernel, "a point of small order gives zeros");
  check(is_zero(zeros.data()) == ~std::uint64_t{0} && is_zero(shared.data()) == 0, kernel,
        "zeros are told from others");
}

/// Table and ladder agree on random secrets and on those whose digits carry everywhere.
void base_point(const Kernel &kernel) {
  Random random(11);
  Octets nine(kX25519Size);
  nine[0] = 9;
  for (int round = 0; round < 64; round++) {
    const std::uint8_t filler[] = {0x00, 0xff, 0x88, 0x77, 0x80, 0x08, 0x7f, 0xf7};
    const Octets secret = round < 8 ? Octets(kX25519Size, filler[round]) : random.octets(kX25519Size);
    Octets table(kX25519Size), ladder(kX25519Size);
    const X25519Product products[] = {{secret.data(), nullptr, table.data()},
                                      {secret.data(), nine.data(), ladder.data()}};
    x25519(products);
    check_equal(table, ladder, kernel, "the ladder agrees with the table");
  }
}

void sha256_agrees(const Kernel &kernel) {
  Random random(12);
  for (int round = 0; round < 100; round++) {
    const Octets data = random.octets(40 * kSha256BlockSize);
    std::uint32_t state[kSha256StateWords] = {}, same[kSha256StateWords] = {};
    const std::size_t blocks = random.below(40);
    kernel.sha256_blocks(state, data.data(), blocks);
    generic::sha256_blocks(same, data.data(), blocks);
    check(std::memcmp(state, same, sizeof state) == 0, kernel, "SHA-256 blocks");
  }
}

struct Relay {
  Octets identity, records;
  OnionKeys keys() const { return {records.data(), records.size() / kOnionKeyRecordSize}; }
  const std::uint8_t *onion_key() const { return records.data() + kX25519Size; }
};

Relay made_relay(Random &random, std::size_t identity_size) {
  Relay relay{random.octets(identity_size), random.octets(3 * kOnionKeyRecordSize)};
  for (std::size_t at = 0; at < relay.records.size(); at += kOnionKeyRecordSize) {
    const X25519Product half{relay.records.data() + at, nullptr, relay.records.data() + at + kX25519Size};
    x25519({&half, 1});
  }
  return relay;
}

bool is_blank(const Octets &octets) { return octets == Octets(octets.size()); }

/// A refused skin leaves nothing behind that the handshake worked out.
void refusals(const Kernel &kernel) {
  Random random(13);
  const Relay relay = made_relay(random, kNtorIdentitySize);
  const Octets ephemeral = random.octets(kX25519Size);
  Octets skin = relay.identity;
  skin.insert(skin.end(), relay.onion_key(), relay.onion_key() + kX25519Size);
  const Octets client_key = random.octets(kX25519Size);
  skin.insert(skin.end(), client_key.begin(), client_key.end());
  Octets reply(kNtorReplySize), material(92);
  const auto answer = [&](const Octets &octets) {
    return answer_ntor(kernel, octets.data(), relay.identity.data(), relay.keys(), ephemeral.data(), reply.data(),
                       material.data(), material.size());
  };
  check(answer(skin) == OnionSkinVerdict::kAnswered, kernel, "a skin is answered");
  check(!is_blank(reply) && !is_blank(material), kernel, "with a reply and key material");
  Octets unknown = skin, weak = skin, other = skin, junk = skin;
  unknown[kNtorIdentitySize] ^= 1;
  std::memset(weak.data() + kNtorIdentitySize + kX25519Size, 0, kX25519Size);
  other[0] ^= 1;
  std::memcpy(junk.data() + kNtorIdentitySize, relay.records.data() + 2 * kOnionKeyRecordSize + kX25519Size,
              kX25519Size);
  const struct {
    const Octets &skin;
    OnionSkinVerdict verdict;
  } cases[] = {{unknown, OnionSkinVerdict::kUnknownKey},
               {weak, OnionSkinVerdict::kWeakPoint},
               {other, OnionSkinVerdict::kOtherRelay},
               {junk, OnionSkinVerdict::kUnknownKey}};
  for (const auto &[octets, verdict] : cases) {
    check(answer(octets) == verdict, kernel, "a skin is refused for the right reason");
    check(is_blank(reply) && is_blank(material), kernel, "and nothing is left of the work");
  }

  const Relay v3 = made_relay(random, kNtorV3KeySize);
  Octets v3_skin = v3.identity;
  v3_skin.insert(v3_skin.end(), v3.onion_key(), v3.onion_key() + kX25519Size);
  const Octets rest = random.octets(kX25519Size + 40 + 32);
  v3_skin.insert(v3_skin.end(), rest.begin(), rest.end());
  const Octets before = v3_skin;
  Octets shared(kX25519Size, 1);
  const NtorV3Relay named{v3.identity.data(), {nullptr, 0}};
  check(open_ntor_v3(kernel, v3_skin.data(), v3_skin.size(), named, v3.keys(), shared.data()) ==
            OnionSkinVerdict::kForged,
        kernel, "a forged message is refused");
  check(v3_skin == before && is_blank(shared), kernel, "before it is decrypted, and nothing is left of the work");
}

void hmac_wiping(const Kernel &kernel) {
  alignas(HmacSha256) std::uint8_t memory[sizeof(HmacSha256)];
  std::memset(memory, 0xff, sizeof memory);
  auto *hmac = new (memory) HmacSha256(kernel, "a key that nobody may find");
  hmac->add("text");
  hmac->~HmacSha256();
  // The kernel's address is no secret.
  const volatile std::uint8_t *octets = memory;
  std::size_t left = 0;
  for (std::size_t i = sizeof(void *); i < sizeof memory; i++) left += octets[i] == 0 ? 0U : 1U;
  check(left == 0, kernel, "a code's state is zero when it ends");
}

}  // namespace

void key_exchange(const Kernel &kernel) {
  digests(kernel);
  diffie_hellman(kernel);
  base_point(kernel);
  sha256_agrees(kernel);
  refusals(kernel);
  hmac_wiping(kernel);
}

}  // namespace ramson::test
