// AES-GCM (NIST SP 800-38D) on any processor, in constant time: counter mode, then GHASH as POLYVAL of reversed blocks.

#include "../../crypto/wipe.h"
#include "../kernel.h"
#include "../words.h"

namespace ramson::generic {
namespace {

/// Blocks that are reversed at a time.
constexpr std::size_t kBatchBlocks = 32;

void reverse(std::uint8_t *to, const std::uint8_t *from) {
  const std::uint64_t first = load_le64(from);
  store_le64(to, __builtin_bswap64(load_le64(from + 8)));
  store_le64(to + 8, __builtin_bswap64(first));
}

/// Folds the octets, filled up with zeros to whole blocks, into the sum.
void fold(const PolyvalKey &key, std::uint8_t *sum, const std::uint8_t *data, std::size_t size) {
  while (size != 0) {
    std::uint8_t reversed[kBatchBlocks * kPolyvalBlockSize];
    std::size_t blocks = 0;
    for (; blocks < kBatchBlocks && size != 0; blocks++) {
      std::uint8_t block[kPolyvalBlockSize] = {};
      const std::size_t take = size < sizeof block ? size : sizeof block;
      std::memcpy(block, data, take);
      reverse(reversed + blocks * kPolyvalBlockSize, block);
      data += take;
      size -= take;
    }
    polyval(key, sum, reversed, blocks);
  }
}

/// The tag of the ciphertext.
void make_tag(const GcmKey &key, const GcmInput &input, const std::uint8_t *data, std::size_t size,
              const std::uint8_t *mask, std::uint8_t *tag) {
  PolyvalKey polyval_key;
  polyval_expand(polyval_key, key.powers[kGcmPowers - 1], 1);
  std::uint8_t sum[kPolyvalBlockSize] = {}, sizes[kPolyvalBlockSize];
  store_be64(sizes, std::uint64_t{input.additional_size} * 8);
  store_be64(sizes + 8, std::uint64_t{size} * 8);
  if (input.additional_size != 0) fold(polyval_key, sum, input.additional, kPolyvalBlockSize);
  fold(polyval_key, sum, data, size);
  fold(polyval_key, sum, sizes, sizeof sizes);
  reverse(tag, sum);
  store_le64(tag, load_le64(tag) ^ load_le64(mask));
  store_le64(tag + 8, load_le64(tag + 8) ^ load_le64(mask + 8));
  wipe(&polyval_key, sizeof polyval_key);
}

/// Counter mode from the mask of the tag on, which is written into `mask`.
void start(AesCtr &stream, const GcmKey &key, const GcmInput &input, std::uint8_t *mask) {
  stream.key = key.aes;
  stream.used = kAesBlockSize;
  stream.counter_high = __builtin_bswap64(load_le64(input.nonce));
  stream.counter_low = std::uint64_t{load_be32(input.nonce + 8)} << 32 | 1;
  std::memset(mask, 0, kGcmTagSize);
}

}  // namespace

void gcm_seal(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  AesCtr stream;
  std::uint8_t mask[kGcmTagSize];
  start(stream, key, input, mask);
  aes_ctr(stream, mask, sizeof mask);
  aes_ctr(stream, data, size);
  make_tag(key, input, data, size, mask, data + size);
  wipe(&stream, sizeof stream);
  wipe(mask, sizeof mask);
}

bool gcm_open(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  AesCtr stream;
  std::uint8_t mask[kGcmTagSize], tag[kGcmTagSize];
  start(stream, key, input, mask);
  aes_ctr(stream, mask, sizeof mask);
  make_tag(key, input, data, size, mask, tag);
  aes_ctr(stream, data, size);
  const std::uint8_t *given = data + size;
  const std::uint64_t difference = (load_le64(tag) ^ load_le64(given)) | (load_le64(tag + 8) ^ load_le64(given + 8));
  wipe(&stream, sizeof stream);
  wipe(mask, sizeof mask);
  wipe(tag, sizeof tag);
  return difference == 0;
}

}  // namespace ramson::generic
