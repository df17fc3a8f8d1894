// Answers that standards and other implementations publish.

#include <cstring>
#include <string>

#include "crypto/sha1.h"
#include "crypto/sha3.h"
#include "suite.h"

namespace ramson::test {
namespace {

Octets text(std::string_view ascii) { return {ascii.begin(), ascii.end()}; }

/// FIPS 197, appendix C.1 and C.3.
void aes_blocks(const Kernel &kernel) {
  Octets key;
  for (std::uint8_t i = 0; i < 32; i++) key.push_back(i);
  const Octets plain = from_hex("00112233445566778899aabbccddeeff");
  for (const std::size_t size : {std::size_t{16}, std::size_t{32}}) {
    const Octets wanted =
        from_hex(size == 16 ? "69c4e0d86a7b0430d8cdb78070b4c55a" : "8ea2b7ca516745bfeafc49904b496089");
    AesKey expanded{};
    kernel.aes_expand(expanded, key.data(), size);
    Octets block = plain;
    kernel.aes_encrypt(expanded, block.data());
    check_equal(block, wanted, kernel, "FIPS 197 appendix C, encryption");
    kernel.aes_decrypt(expanded, block.data());
    check_equal(block, plain, kernel, "FIPS 197 appendix C, decryption");
  }
}

/// FIPS 197, appendix A.1 and A.3: the last round keys.
void aes_key_schedule(const Kernel &kernel) {
  AesKey key{};
  kernel.aes_expand(key, from_hex("2b7e151628aed2a6abf7158809cf4f3c").data(), 16);
  check(key.rounds == 10, kernel, "AES-128 has 10 rounds");
  check_equal(key.round_keys[10], from_hex("d014f9a8c9ee2589e13f0cc8b6630ca6").data(), 16, kernel, "FIPS 197 A.1");
  kernel.aes_expand(key, from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").data(), 32);
  check(key.rounds == 14, kernel, "AES-256 has 14 rounds");
  check_equal(key.round_keys[14], from_hex("fe4890d1e6188d0b046df344706c631e").data(), 16, kernel, "FIPS 197 A.3");
}

/// NIST SP 800-38A, F.5.1 and F.5.5, in one piece and split everywhere.
void aes_counter_mode(const Kernel &kernel) {
  const Octets plain = from_hex(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const struct {
    const char *key, *cipher;
  } cases[] = {{"2b7e151628aed2a6abf7158809cf4f3c",
                "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
                "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"},
               {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
                "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"}};
  for (const auto &vector : cases) {
    for (std::size_t split = 0; split <= plain.size(); split++) {
      AesCtr state = counter_mode(kernel, from_hex(vector.key), 0xf0f1f2f3f4f5f6f7, 0xf8f9fafbfcfdfeff);
      Octets data = plain;
      kernel.aes_ctr(state, data.data(), split);
      kernel.aes_ctr(state, data.data() + split, data.size() - split);
      check_equal(data, from_hex(vector.cipher), kernel, "SP 800-38A F.5");
    }
  }
}

template <typename Digest>
void digest_of(const Kernel &kernel, const Octets &message, const char *wanted, const char *what) {
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{3}, std::size_t{64}, std::size_t{137}, message.size() + 1}) {
    Digest running;
    running.start();
    for (std::size_t at = 0; at < message.size(); at += step) {
      running.update(kernel, message.data() + at, message.size() - at < step ? message.size() - at : step);
    }
    Octets digest(Digest::kSize);
    running.peek(kernel, digest.data());
    check_equal(digest, from_hex(wanted), kernel, what);
    running.peek(kernel, digest.data());
    check_equal(digest, from_hex(wanted), kernel, "a peek leaves the running digest as it is");
  }
}

/// The examples NIST publishes for FIPS 180-4 and FIPS 202.
void digests(const Kernel &kernel) {
  const Octets two_blocks = text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
  digest_of<Sha1>(kernel, {}, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "SHA-1 of nothing");
  digest_of<Sha1>(kernel, text("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d", "SHA-1 of abc");
  digest_of<Sha1>(kernel, two_blocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1", "SHA-1 of two blocks");
  digest_of<Sha1>(kernel, Octets(1000000, 'a'), "34aa973cd4c4daa4f61eeb2bdbad27316534016f", "SHA-1 of a million a");
  digest_of<Sha3>(kernel, {}, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a", "SHA3 of nothing");
  digest_of<Sha3>(kernel, text("abc"), "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
                  "SHA3 of abc");
  digest_of<Sha3>(kernel, two_blocks, "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376",
                  "SHA3 of 448 bits");
  digest_of<Sha3>(kernel, Octets(200, 0xa3), "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787",
                  "SHA3 of 1600 bits");
}

/// RFC 8452, section 7 and appendix A.
void universal_hash(const Kernel &kernel) {
  const Octets key = from_hex("25629347589242761d31f826ba4b757b");
  const Octets data = from_hex("4f4f95668c83dfb6401762bb2d01a262d1a24ddd2721d006bbe45f20d3c9f362");
  for (const std::size_t powers : {std::size_t{1}, kPolyvalPowers}) {
    PolyvalKey expanded{};
    kernel.polyval_expand(expanded, key.data(), powers);
    Octets sum(kPolyvalBlockSize);
    if (powers == 1) {
      kernel.polyval(expanded, sum.data(), data.data(), 1);
      kernel.polyval(expanded, sum.data(), data.data() + kPolyvalBlockSize, 1);
    } else {
      kernel.polyval(expanded, sum.data(), data.data(), 2);
    }
    check_equal(sum, from_hex("f7a3b47b846119fae5b7866cf5e5b77e"), kernel, "RFC 8452 appendix A");
  }
}

}  // namespace

void known_answers(const Kernel &kernel) {
  aes_blocks(kernel);
  aes_key_schedule(kernel);
  aes_counter_mode(kernel);
  digests(kernel);
  universal_hash(kernel);
}

}  // namespace ramson::test
