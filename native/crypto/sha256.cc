#include "sha256.h"

#include <cstring>

#include "../kernels/words.h"
#include "wipe.h"

namespace ramson {

void Sha256::start() {
  constexpr std::uint32_t kInitial[kSha256StateWords] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::memset(this, 0, sizeof *this);
  std::memcpy(state_, kInitial, sizeof state_);
}

void Sha256::update(const Kernel &kernel, const std::uint8_t *data, std::size_t size) {
  if (size == 0) return;
  const std::size_t waiting = length_ % kSha256BlockSize;
  length_ += size;
  if (waiting != 0) {
    const std::size_t missing = kSha256BlockSize - waiting;
    const std::size_t take = size < missing ? size : missing;
    std::memcpy(block_ + waiting, data, take);
    if (take < missing) return;
    kernel.sha256_blocks(state_, block_, 1);
    data += take;
    size -= take;
  }
  const std::size_t blocks = size / kSha256BlockSize;
  if (blocks != 0) kernel.sha256_blocks(state_, data, blocks);
  if (size % kSha256BlockSize != 0) std::memcpy(block_, data + blocks * kSha256BlockSize, size % kSha256BlockSize);
}

void Sha256::peek(const Kernel &kernel, std::uint8_t *digest) const {
  std::uint32_t state[kSha256StateWords];
  std::uint8_t padded[2 * kSha256BlockSize] = {};
  const std::size_t waiting = length_ % kSha256BlockSize;
  const std::size_t blocks = waiting + 9 > kSha256BlockSize ? 2 : 1;
  std::memcpy(state, state_, sizeof state);
  std::memcpy(padded, block_, waiting);
  padded[waiting] = 0x80;
  store_be64(padded + blocks * kSha256BlockSize - 8, length_ * 8);
  kernel.sha256_blocks(state, padded, blocks);
  for (std::size_t i = 0; i < kSha256StateWords; i++) store_be32(digest + 4 * i, state[i]);
  wipe(state, sizeof state);
  wipe(padded, sizeof padded);
}

HmacSha256::HmacSha256(const Kernel &kernel, const std::uint8_t *key, std::size_t size) : kernel_(kernel) {
  std::uint8_t pad[kSha256BlockSize] = {};
  std::memcpy(pad, key, size);
  for (std::uint8_t &octet : pad) octet ^= 0x36;
  inner_start_.start();
  inner_start_.update(kernel, pad, sizeof pad);
  for (std::uint8_t &octet : pad) octet ^= 0x36 ^ 0x5c;
  outer_start_.start();
  outer_start_.update(kernel, pad, sizeof pad);
  inner_ = inner_start_;
  wipe(pad, sizeof pad);
}

HmacSha256::HmacSha256(const Kernel &kernel, std::string_view key)
    : HmacSha256(kernel, reinterpret_cast<const std::uint8_t *>(key.data()), key.size()) {}

HmacSha256::~HmacSha256() {
  for (Sha256 *digest : {&inner_start_, &outer_start_, &inner_}) wipe(digest, sizeof *digest);
}

HmacSha256 &HmacSha256::add(const std::uint8_t *data, std::size_t size) {
  inner_.update(kernel_, data, size);
  return *this;
}

HmacSha256 &HmacSha256::add(std::string_view text) {
  return add(reinterpret_cast<const std::uint8_t *>(text.data()), text.size());
}

void HmacSha256::finish(std::uint8_t *code) {
  std::uint8_t digest[kSha256Size];
  inner_.peek(kernel_, digest);
  Sha256 outer = outer_start_;
  outer.update(kernel_, digest, sizeof digest);
  outer.peek(kernel_, code);
  inner_ = inner_start_;
  wipe(&outer, sizeof outer);
  wipe(digest, sizeof digest);
}

void hkdf_expand(const Kernel &kernel, const std::uint8_t *seed, std::string_view info, std::uint8_t *out,
                 std::size_t size) {
  HmacSha256 hmac(kernel, seed, kSha256Size);
  std::uint8_t block[kSha256Size];
  for (std::uint8_t number = 1; size != 0; number++) {
    if (number != 1) hmac.add(block, sizeof block);
    hmac.add(info).add(&number, 1).finish(block);
    const std::size_t take = size < sizeof block ? size : sizeof block;
    std::memcpy(out, block, take);
    out += take;
    size -= take;
  }
  wipe(block, sizeof block);
}

}  // namespace ramson
