// AES-GCM: known answers, every length against `generic`, and what was tampered with.

#include <cstring>

#include "kernels/gcm_key.h"
#include "suite.h"

namespace ramson::test {
namespace {

GcmKey expand(const Kernel &kernel, const Octets &key) {
  GcmKey expanded{};
  gcm_expand(kernel, expanded, key.data(), key.size());
  return expanded;
}

GcmInput input(const Octets &nonce, const Octets &additional) {
  GcmInput made{};
  std::memcpy(made.nonce, nonce.data(), kGcmNonceSize);
  if (!additional.empty()) std::memcpy(made.additional, additional.data(), additional.size());
  made.additional_size = additional.size();
  return made;
}

Octets seal(const Kernel &kernel, const GcmKey &key, const GcmInput &input, Octets data) {
  const std::size_t size = data.size();
  data.resize(size + kGcmTagSize);
  kernel.gcm_seal(key, input, data.data(), size);
  return data;
}

/// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B: test cases 1 to 3 (AES-128) and 13 to 15
/// (AES-256). The others have more additional data than a block.
void known(const Kernel &kernel) {
  const char *const plain =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6"
      "57ba637b391aafd255";
  const struct {
    const char *key, *nonce, *plain, *cipher, *tag;
  } cases[] = {
      {"00000000000000000000000000000000", "000000000000000000000000", "", "", "58e2fccefa7e3061367f1d57a4e7455a"},
      {"00000000000000000000000000000000", "000000000000000000000000", "00000000000000000000000000000000",
       "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"},
      {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", plain,
       "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac"
       "973d58e091473f5985",
       "4d5c2af327cd64a62cf35abd2ba6fab4"},
      {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
       "530f8afbc74536b9a963b4f1c4cb738b"},
      {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
       "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
      {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", plain,
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
       "0abcc9f662898015ad",
       "b094dac5d93471bdec1a502270e3cc6c"}};
  for (const auto &vector : cases) {
    const GcmKey key = expand(kernel, from_hex(vector.key));
    Octets wanted = from_hex(vector.cipher);
    const Octets tag = from_hex(vector.tag);
    wanted.insert(wanted.end(), tag.begin(), tag.end());
    check_equal(seal(kernel, key, input(from_hex(vector.nonce), {}), from_hex(vector.plain)), wanted, kernel,
                "a known answer of AES-GCM");
  }
}

/// Every length that ends differently, and that of full records; what one kernel seals the other opens.
void lengths(const Kernel &kernel, const Kernel &reference) {
  Random random(11);
  for (const std::size_t key_size : {std::size_t{16}, std::size_t{32}}) {
    const Octets octets = random.octets(key_size);
    const GcmKey key = expand(kernel, octets), same = expand(reference, octets);
    check(std::memcmp(&key, &same, sizeof key) == 0, kernel, "keys of AES-GCM are the same on every kernel");
    for (std::size_t size = 0; size <= 16640; size = size == 1700 ? 15935 : size == 15936 ? 16384 : size + 1) {
      if (size > 16386 && size < 16640) continue;
      const Octets data = random.octets(size);
      const GcmInput other = input(random.octets(kGcmNonceSize), random.octets(size % 7 == 0 ? size % 17 : 5));
      Octets record = seal(kernel, key, other, data);
      // The generic kernel takes long under valgrind and the sanitizers.
      if (key_size == 16 || size % 5 == 0) {
        check_equal(record, seal(reference, key, other, data), kernel, "a sealed record of any length");
      }
      check(kernel.gcm_open(key, other, record.data(), size), kernel, "a sealed record opens");
      record.resize(size);
      check_equal(record, data, kernel, "an opened record is what was sealed");
    }
  }
}

/// The counter is of 32 bits, in the last octets of the block: the first ones stay what they are.
void nonces(const Kernel &kernel, const Kernel &reference) {
  const GcmKey key = expand(kernel, Random(12).octets(16));
  for (const int filling : {0x00, 0xff}) {
    const GcmInput other = input(Octets(kGcmNonceSize, static_cast<std::uint8_t>(filling)), {});
    const Octets data(9000, 0x33);
    check_equal(seal(kernel, key, other, data), seal(reference, key, other, data), kernel, "a nonce of one octet");
  }
}

/// One bit is turned, in the ciphertext, the tag, the nonce or the additional data.
void tampering(const Kernel &kernel) {
  Random random(13);
  const GcmKey key = expand(kernel, random.octets(16));
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{223}, std::size_t{515}, std::size_t{700}}) {
    const Octets data = random.octets(size);
    const GcmInput genuine = input(random.octets(kGcmNonceSize), random.octets(5));
    const Octets sealed = seal(kernel, key, genuine, data);
    for (std::size_t bit = 0; bit < 8 * sealed.size(); bit += size < 100 ? 1 : 13) {
      Octets record = sealed;
      record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ 1 << bit % 8);
      check(!kernel.gcm_open(key, genuine, record.data(), size), kernel, "a record with a bit turned is refused");
    }
    for (std::size_t bit = 0; bit < 8 * (kGcmNonceSize + 5); bit++) {
      GcmInput other = genuine;
      std::uint8_t &octet = bit < 8 * kGcmNonceSize ? other.nonce[bit / 8] : other.additional[bit / 8 - kGcmNonceSize];
      octet = static_cast<std::uint8_t>(octet ^ 1 << bit % 8);
      Octets record = sealed;
      check(!kernel.gcm_open(key, other, record.data(), size), kernel, "another nonce or header is refused");
    }
    GcmInput longer = genuine;
    longer.additional_size++;
    Octets record = sealed;
    check(!kernel.gcm_open(key, longer, record.data(), size), kernel, "a header that is longer by a zero is refused");
  }
}

}  // namespace

void gcm(const Kernel &kernel, const Kernel &reference) {
  known(kernel);
  lengths(kernel, reference);
  nonces(kernel, reference);
  tampering(kernel);
}

}  // namespace ramson::test
