#include "gcm_key.h"

#include "../crypto/wipe.h"
#include "words.h"

namespace ramson {

void gcm_expand(const Kernel &kernel, GcmKey &key, const std::uint8_t *octets, std::size_t size) {
  kernel.aes_expand(key.aes, octets, size);
  std::uint8_t hash_key[kPolyvalBlockSize] = {};
  kernel.aes_encrypt(key.aes, hash_key);
  // RFC 8452, appendix A: the key of GHASH, its octets reversed, times x is the key of POLYVAL.
  const std::uint64_t high = __builtin_bswap64(load_le64(hash_key)), low = __builtin_bswap64(load_le64(hash_key + 8));
  const std::uint64_t carry = -(high >> 63);
  store_le64(hash_key, low << 1 | (carry & 1));
  store_le64(hash_key + 8, (high << 1 | low >> 63) ^ (carry & 0xc200000000000000));
  PolyvalKey polyval_key;
  kernel.polyval_expand(polyval_key, hash_key, 1);
  constexpr std::uint8_t kNothing[kPolyvalBlockSize] = {};
  std::memcpy(key.powers[kGcmPowers - 1], hash_key, kPolyvalBlockSize);
  for (std::size_t i = kGcmPowers - 1; i != 0; i--) {
    std::memcpy(key.powers[i - 1], key.powers[i], kPolyvalBlockSize);
    kernel.polyval(polyval_key, key.powers[i - 1], kNothing, 1);
  }
  constexpr std::size_t kHalf = kGcmPowers / 2;
  for (std::size_t i = 0; i < kGcmPowers; i++) {
    key.sums[i % kHalf][i / kHalf] = load_le64(key.powers[i]) ^ load_le64(key.powers[i] + 8);
  }
  wipe(hash_key, sizeof hash_key);
  wipe(&polyval_key, sizeof polyval_key);
}

}  // namespace ramson
