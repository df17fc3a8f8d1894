#include "sha3.h"

#include <cstring>

#include "../kernels/words.h"
#include "wipe.h"

namespace ramson {
namespace {

/// Adds octets to the state from octet `at` on; lanes are little-endian, as memory is.
void absorb(std::uint64_t *state, std::size_t at, const std::uint8_t *data, std::size_t size) {
  for (; size != 0 && at % 8 != 0; at++, data++, size--) state[at / 8] ^= std::uint64_t{*data} << at % 8 * 8;
  for (; size >= 8; at += 8, data += 8, size -= 8) state[at / 8] ^= load_le64(data);
  for (; size != 0; at++, data++, size--) state[at / 8] ^= std::uint64_t{*data} << at % 8 * 8;
}

}  // namespace

void Sha3::start() { std::memset(this, 0, sizeof *this); }

void Sha3::update(const Kernel &kernel, const std::uint8_t *data, std::size_t size) {
  while (size != 0) {
    const std::size_t room = kRate - absorbed_;
    const std::size_t take = size < room ? size : room;
    absorb(state_, absorbed_, data, take);
    absorbed_ += take;
    data += take;
    size -= take;
    if (absorbed_ == kRate) {
      kernel.keccak(state_);
      absorbed_ = 0;
    }
  }
}

void Sha3::peek(const Kernel &kernel, std::uint8_t *digest) const {
  std::uint64_t state[kKeccakStateWords];
  std::memcpy(state, state_, sizeof state);
  state[absorbed_ / 8] ^= std::uint64_t{0x06} << absorbed_ % 8 * 8;  // the two suffix bits of SHA-3, then padding
  state[(kRate - 1) / 8] ^= std::uint64_t{0x80} << (kRate - 1) % 8 * 8;
  kernel.keccak(state);
  std::memcpy(digest, state, kSize);
  wipe(state, sizeof state);
}

void Sha3::peek_shake(const Kernel &kernel, std::uint8_t *out, std::size_t size) const {
  std::uint64_t state[kKeccakStateWords];
  std::memcpy(state, state_, sizeof state);
  state[absorbed_ / 8] ^= std::uint64_t{0x1f} << absorbed_ % 8 * 8;  // the four suffix bits of SHAKE, then padding
  state[(kRate - 1) / 8] ^= std::uint64_t{0x80} << (kRate - 1) % 8 * 8;
  while (size != 0) {
    kernel.keccak(state);
    const std::size_t take = size < kRate ? size : kRate;
    std::memcpy(out, state, take);
    out += take;
    size -= take;
  }
  wipe(state, sizeof state);
}

}  // namespace ramson
