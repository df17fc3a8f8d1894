// No kernel touches an octet outside its arguments: they lie against pages that may be neither read nor written, once
// at their beginning and once at their end. A stray access ends the program.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "crypto/cgo.h"
#include "crypto/relay_direction.h"
#include "kernels/gcm_key.h"
#include "suite.h"

namespace ramson::test {
namespace {

/// Memory of one page with a guard page on either side.
class Guarded {
 public:
  Guarded() : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void *mapped = mmap(nullptr, 3 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) std::abort();
    base_ = static_cast<std::uint8_t *>(mapped);
    if (mprotect(base_ + page_, page_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  ~Guarded() { munmap(base_, 3 * page_); }
  Guarded(const Guarded &) = delete;
  Guarded &operator=(const Guarded &) = delete;

  std::uint8_t *at_start() { return base_ + page_; }
  /// `size` octets that end where the guard page begins.
  std::uint8_t *at_end(std::size_t size) { return base_ + 2 * page_ - size; }

 private:
  std::size_t page_;
  std::uint8_t *base_;
};

template <typename Function>
void at_both_ends(Guarded &memory, std::size_t size, Function function) {
  for (std::uint8_t *data : {memory.at_start(), memory.at_end(size)}) {
    std::memset(data, 0x5a, size);
    function(data);
  }
}

}  // namespace

void bounds(const Kernel &kernel) {
  Guarded memory;
  Random random(5);
  const Octets key = random.octets(32);
  for (std::size_t size = 0; size <= 600; size++) {
    for (const std::size_t spent : {std::size_t{0}, std::size_t{1}, std::size_t{15}, size % 16}) {
      at_both_ends(memory, size, [&](std::uint8_t *data) {
        AesCtr state = counter_mode(kernel, key, 0, 0);
        std::uint8_t before[16] = {};
        kernel.aes_ctr(state, before, spent);
        kernel.aes_ctr(state, data, size);
      });
    }
  }
  // The octets around an argument in the middle of a page stay as they were.
  for (std::size_t size = 0; size <= 600; size++) {
    Octets around(size + 128, 0xa5);
    AesCtr state = counter_mode(kernel, key, 0, 0);
    kernel.aes_ctr(state, around.data() + 64, size);
    bool kept = true;
    for (std::size_t i = 0; i < 64; i++) kept = kept && around[i] == 0xa5 && around[size + 64 + i] == 0xa5;
    check(kept, kernel, "counter mode writes nothing beside its data");
  }
  for (const std::size_t size : {std::size_t{16}, std::size_t{32}}) {
    at_both_ends(memory, size, [&](std::uint8_t *octets) {
      AesKey expanded{};
      kernel.aes_expand(expanded, octets, size);
    });
  }
  at_both_ends(memory, kAesBlockSize, [&](std::uint8_t *block) {
    AesKey expanded{};
    kernel.aes_expand(expanded, key.data(), 16);
    kernel.aes_encrypt(expanded, block);
    kernel.aes_decrypt(expanded, block);
  });
  at_both_ends(memory, kPolyvalBlockSize, [&](std::uint8_t *octets) {
    PolyvalKey expanded{};
    kernel.polyval_expand(expanded, octets, kPolyvalPowers);
  });
  for (std::size_t blocks = 0; blocks <= 40; blocks++) {
    at_both_ends(memory, blocks * kSha1BlockSize, [&](std::uint8_t *data) {
      std::uint32_t state[kSha1StateWords] = {};
      kernel.sha1_blocks(state, data, blocks);
    });
    at_both_ends(memory, blocks * kPolyvalBlockSize, [&](std::uint8_t *data) {
      PolyvalKey expanded{};
      kernel.polyval_expand(expanded, key.data(), kPolyvalPowers);
      std::uint8_t sum[kPolyvalBlockSize] = {};
      kernel.polyval(expanded, sum, data, blocks);
    });
  }
  GcmKey gcm_key{};
  gcm_expand(kernel, gcm_key, key.data(), 16);
  GcmInput input{};
  input.additional_size = 5;
  for (std::size_t size = 0; size <= 1100; size++) {
    at_both_ends(memory, size + kGcmTagSize, [&](std::uint8_t *record) {
      kernel.gcm_seal(gcm_key, input, record, size);
      kernel.gcm_open(gcm_key, input, record, size);
    });
    Octets around(size + kGcmTagSize + 128, 0xa5);
    kernel.gcm_seal(gcm_key, input, around.data() + 64, size);
    kernel.gcm_open(gcm_key, input, around.data() + 64, size);
    bool kept = true;
    for (std::size_t i = 0; i < 64; i++)
      kept = kept && around[i] == 0xa5 && around[size + kGcmTagSize + 64 + i] == 0xa5;
    check(kept, kernel, "AES-GCM writes nothing beside a record");
  }
  at_both_ends(memory, sizeof(std::uint64_t) * kKeccakStateWords,
               [&](std::uint8_t *data) { kernel.keccak(reinterpret_cast<std::uint64_t *>(data)); });
  for (const RelayAlgorithm algorithm : {RelayAlgorithm::kTor1, RelayAlgorithm::kHs}) {
    at_both_ends(memory, kRelayBodySize, [&](std::uint8_t *body) {
      RelayDirection direction(kernel, algorithm, key.data(), key.data());
      body[1] = body[2] = 0;
      direction.seal(body);
      direction.crypt(body);
      body[1] = body[2] = 0;
      direction.recognize(body);
    });
  }
  const Octets material = random.octets(2 * kCgoDirectionKeySize + 2 * kCgoTagSize);
  for (const CgoEnd end : {CgoEnd::kRelay, CgoEnd::kOrigin}) {
    at_both_ends(memory, kCgoBodySize, [&](std::uint8_t *body) {
      CgoHop hop(kernel, end, material.data(), material.data() + 2 * kCgoDirectionKeySize);
      hop.outbound(3, body);
      hop.inbound(3, body);
      hop.originate(3, body);
    });
  }
}

}  // namespace ramson::test
