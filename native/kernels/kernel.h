// The functions that a kernel gives and the states they work on. Everything above kernels/ is blind to the processor:
// it holds these states and calls through one `Kernel`, chosen once per process (kernels.h) or named by a test.
//
// States are plain octets and words without pointers, so that whoever holds one may place it anywhere and wipe it
// whole. A state made by one kernel is good for every other kernel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ramson {

inline constexpr std::size_t kAesBlockSize = 16;
inline constexpr std::size_t kSha1BlockSize = 64;
inline constexpr std::size_t kSha1StateWords = 5;
inline constexpr std::size_t kSha256BlockSize = 64;
inline constexpr std::size_t kSha256StateWords = 8;
inline constexpr std::size_t kKeccakStateWords = 25;
inline constexpr std::size_t kPolyvalBlockSize = 16;
/// Powers of the POLYVAL key that a bulk kernel folds at once.
inline constexpr std::size_t kPolyvalPowers = 8;
inline constexpr std::size_t kGcmNonceSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;
/// Powers of the GHASH key that a bulk kernel folds at once.
inline constexpr std::size_t kGcmPowers = 16;

/// Round keys in the octet order of FIPS 197, section 5.2.
struct AesKey {
  alignas(16) std::uint8_t round_keys[15][kAesBlockSize];
  std::uint32_t rounds;  // 10 (AES-128) or 14 (AES-256)
};

/// A counter-mode keystream that runs on from call to call: a cell has 509 = 31 * 16 + 13 octets, so the place in the
/// last block walks.
struct AesCtr {
  AesKey key;
  alignas(16) std::uint8_t keystream[kAesBlockSize];  // the block made last
  std::uint64_t counter_high;                         // the counter block to be made next, as a big-endian number
  std::uint64_t counter_low;
  std::uint32_t used;  // octets of `keystream` already spent; 16 when none is left
};

/// Powers of a POLYVAL key (RFC 8452): powers[i] is key^(i + 1) under dot().
struct PolyvalKey {
  alignas(16) std::uint8_t powers[kPolyvalPowers][kPolyvalBlockSize];
};

/// A key of AES-GCM (NIST SP 800-38D), made by gcm_expand (gcm_key.h). GHASH is done as POLYVAL of blocks whose octets
/// are reversed (RFC 8452, appendix A): powers[i] is the POLYVAL key to the power of kGcmPowers - i, in the order of
/// the blocks they meet. Karatsuba's multiplication wants the sums of their halves, too: sums[i] holds those of
/// powers[i] and of powers[i + kGcmPowers / 2].
struct GcmKey {
  AesKey aes;
  alignas(16) std::uint8_t powers[kGcmPowers][kPolyvalBlockSize];
  alignas(16) std::uint64_t sums[kGcmPowers / 2][2];
};

/// What AES-GCM takes beside the key and the data.
struct GcmInput {
  alignas(16) std::uint8_t nonce[16];       // kGcmNonceSize octets and zeros
  alignas(16) std::uint8_t additional[16];  // the additional data, filled up with zeros
  std::size_t additional_size;              // 16 at most
};

struct Kernel {
  const char *name;
  /// `size` is 16 or 32 octets.
  void (*aes_expand)(AesKey &key, const std::uint8_t *octets, std::size_t size);
  /// XORs `size` octets of keystream into `data`, in place.
  void (*aes_ctr)(AesCtr &state, std::uint8_t *data, std::size_t size);
  /// One block, in place.
  void (*aes_encrypt)(const AesKey &key, std::uint8_t *block);
  void (*aes_decrypt)(const AesKey &key, std::uint8_t *block);
  /// The SHA-1 compression function over whole blocks of 64 octets.
  void (*sha1_blocks)(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks);
  /// The SHA-256 compression function over whole blocks of 64 octets.
  void (*sha256_blocks)(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks);
  /// Keccak-f[1600].
  void (*keccak)(std::uint64_t *state);
  /// Fills the first `powers` powers (1 or kPolyvalPowers) of a key of 16 octets.
  void (*polyval_expand)(PolyvalKey &key, const std::uint8_t *octets, std::size_t powers);
  /// Folds `blocks` blocks into `sum` (16 octets). More than one block needs all powers.
  void (*polyval)(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t blocks);
  /// AES-GCM over `size` octets in place; the tag is written into the 16 octets behind them.
  void (*gcm_seal)(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size);
  /// The reverse: true when the 16 octets behind the data were its tag. They are lost either way, and where the answer
  /// is false `data` holds nothing of worth.
  bool (*gcm_open)(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size);
};

}  // namespace ramson

/// Declares one kernel's functions; every folder of kernels/ defines those it does not share with another.
#define RAMSON_DECLARE_KERNEL(isa)                                                                      \
  namespace ramson::isa {                                                                               \
  void aes_expand(AesKey &key, const std::uint8_t *octets, std::size_t size);                           \
  void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size);                                    \
  void aes_encrypt(const AesKey &key, std::uint8_t *block);                                             \
  void aes_decrypt(const AesKey &key, std::uint8_t *block);                                             \
  void sha1_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks);                 \
  void sha256_blocks(std::uint32_t *state, const std::uint8_t *data, std::size_t blocks);               \
  void keccak(std::uint64_t *state);                                                                    \
  void polyval_expand(PolyvalKey &key, const std::uint8_t *octets, std::size_t powers);                 \
  void polyval(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t blocks); \
  void gcm_seal(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size);        \
  bool gcm_open(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size);        \
  }

RAMSON_DECLARE_KERNEL(generic)
RAMSON_DECLARE_KERNEL(aesni)
RAMSON_DECLARE_KERNEL(vaes256)
RAMSON_DECLARE_KERNEL(vaes512)
RAMSON_DECLARE_KERNEL(armv8)

#undef RAMSON_DECLARE_KERNEL
