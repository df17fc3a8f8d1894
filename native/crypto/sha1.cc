#include "sha1.h"

#include <cstring>

#include "../kernels/words.h"
#include "wipe.h"

namespace ramson {

void Sha1::start() {
  constexpr std::uint32_t kInitial[kSha1StateWords] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::memset(this, 0, sizeof *this);
  std::memcpy(state_, kInitial, sizeof state_);
}

void Sha1::update(const Kernel &kernel, const std::uint8_t *data, std::size_t size) {
  if (size == 0) return;
  const std::size_t waiting = length_ % kSha1BlockSize;
  length_ += size;
  if (waiting != 0) {
    const std::size_t missing = kSha1BlockSize - waiting;
    const std::size_t take = size < missing ? size : missing;
    std::memcpy(block_ + waiting, data, take);
    if (take < missing) return;
    kernel.sha1_blocks(state_, block_, 1);
    data += take;
    size -= take;
  }
  const std::size_t blocks = size / kSha1BlockSize;
  if (blocks != 0) kernel.sha1_blocks(state_, data, blocks);
  if (size % kSha1BlockSize != 0) std::memcpy(block_, data + blocks * kSha1BlockSize, size % kSha1BlockSize);
}

void Sha1::peek(const Kernel &kernel, std::uint8_t *digest) const {
  std::uint32_t state[kSha1StateWords];
  std::uint8_t padded[2 * kSha1BlockSize] = {};
  const std::size_t waiting = length_ % kSha1BlockSize;
  const std::size_t blocks = waiting + 9 > kSha1BlockSize ? 2 : 1;
  std::memcpy(state, state_, sizeof state);
  std::memcpy(padded, block_, waiting);
  padded[waiting] = 0x80;
  store_be64(padded + blocks * kSha1BlockSize - 8, length_ * 8);
  kernel.sha1_blocks(state, padded, blocks);
  for (std::size_t i = 0; i < kSha1StateWords; i++) store_be32(digest + 4 * i, state[i]);
  wipe(state, sizeof state);
  wipe(padded, sizeof padded);
}

}  // namespace ramson
