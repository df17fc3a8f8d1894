#include "self_check.h"

#include <cstring>
#include <initializer_list>

#include "gcm_key.h"

namespace ramson {
namespace {

struct Trace {
  std::uint8_t cells[2][3 * 509];
  std::uint8_t blocks[2][2][kAesBlockSize];
  std::uint32_t sha1[kSha1StateWords];
  std::uint32_t sha256[kSha256StateWords];
  std::uint64_t keccak[kKeccakStateWords];
  std::uint8_t polyval[kPolyvalBlockSize];
  std::uint8_t records[2][4][1100 + kGcmTagSize];
  bool is_opened[2][4];
};

void fill(std::uint8_t *octets, std::size_t size, std::uint32_t seed) {
  for (std::size_t i = 0; i < size; i++) {
    seed = seed * 1664525 + 1013904223;
    octets[i] = static_cast<std::uint8_t>(seed >> 24);
  }
}

void run(const Kernel &kernel, Trace &trace) {
  std::memset(&trace, 0, sizeof trace);
  std::uint8_t key[32], data[2 * kSha1BlockSize * 5];
  fill(key, sizeof key, 1);
  fill(data, sizeof data, 2);
  for (std::size_t i = 0; i < 2; i++) {
    AesCtr state{};
    kernel.aes_expand(state.key, key, 16 * (i + 1));
    state.used = kAesBlockSize;
    state.counter_low = ~std::uint64_t{0} - 1000 * i;
    std::uint8_t *cells = trace.cells[i];
    kernel.aes_ctr(state, cells, 509);
    kernel.aes_ctr(state, cells + 509, 509);
    kernel.aes_ctr(state, cells + 2 * 509, 500);
    kernel.aes_ctr(state, cells + 2 * 509 + 500, 9);
    for (std::uint8_t *block : {trace.blocks[i][0], trace.blocks[i][1]}) std::memcpy(block, data, kAesBlockSize);
    kernel.aes_encrypt(state.key, trace.blocks[i][0]);
    kernel.aes_decrypt(state.key, trace.blocks[i][1]);
  }
  kernel.sha1_blocks(trace.sha1, data, 2);
  kernel.sha256_blocks(trace.sha256, data, 2);
  std::memcpy(trace.keccak, data, sizeof trace.keccak);
  kernel.keccak(trace.keccak);
  PolyvalKey polyval_key{};
  kernel.polyval_expand(polyval_key, key, kPolyvalPowers);
  kernel.polyval(polyval_key, trace.polyval, data, 11);
  constexpr std::size_t kSizes[] = {27, 223, 515, 1100};
  for (std::size_t i = 0; i < 2; i++) {
    GcmKey gcm_key{};
    gcm_expand(kernel, gcm_key, key, 16 * (i + 1));
    for (std::size_t k = 0; k < 4; k++) {
      GcmInput input{};
      fill(input.nonce, kGcmNonceSize, 3);
      fill(input.additional, 5, 4);
      input.additional_size = 5;
      // Sealed, opened, and sealed again: one octet of difference would spread over the tag.
      std::uint8_t *record = trace.records[i][k];
      fill(record, kSizes[k], 5);
      kernel.gcm_seal(gcm_key, input, record, kSizes[k]);
      trace.is_opened[i][k] = kernel.gcm_open(gcm_key, input, record, kSizes[k]);
      kernel.gcm_seal(gcm_key, input, record, kSizes[k]);
    }
  }
}

}  // namespace

bool agree(const Kernel &kernel, const Kernel &reference) {
  Trace traces[2];
  run(kernel, traces[0]);
  run(reference, traces[1]);
  return std::memcmp(&traces[0], &traces[1], sizeof(Trace)) == 0;
}

}  // namespace ramson
