// What is destroyed leaves nothing but zeros where it lay.

#include <cstring>
#include <new>

#include "crypto/cgo.h"
#include "crypto/relay_direction.h"
#include "suite.h"
#include "tls/record_layer.h"

namespace ramson::test {
namespace {

template <typename State>
bool is_zero(const std::uint8_t *memory) {
  // Read through volatile, so that the compiler cannot argue that an ended object holds nothing.
  const volatile std::uint8_t *octets = memory;
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < sizeof(State); i++) seen = static_cast<std::uint8_t>(seen | octets[i]);
  return seen == 0;
}

}  // namespace

void wiping(const Kernel &kernel) {
  const Octets key = Random(6).octets(32);
  for (const RelayAlgorithm algorithm : {RelayAlgorithm::kTor1, RelayAlgorithm::kHs}) {
    alignas(RelayDirection) std::uint8_t memory[sizeof(RelayDirection)];
    std::memset(memory, 0xff, sizeof memory);
    auto *direction = new (memory) RelayDirection(kernel, algorithm, key.data(), key.data());
    std::uint8_t body[kRelayBodySize] = {};
    direction->seal(body);
    direction->crypt(body);
    check(!is_zero<RelayDirection>(memory), kernel, "a live direction holds its keys");
    direction->~RelayDirection();
    check(is_zero<RelayDirection>(memory), kernel, "a closed direction is zero from end to end");
  }
  const Octets material = Random(8).octets(2 * kCgoDirectionKeySize + 2 * kCgoTagSize);
  alignas(CgoHop) std::uint8_t memory[sizeof(CgoHop)];
  std::memset(memory, 0xff, sizeof memory);
  auto *hop = new (memory) CgoHop(kernel, CgoEnd::kRelay, material.data(), material.data() + 2 * kCgoDirectionKeySize);
  std::uint8_t body[kCgoBodySize] = {};
  hop->originate(3, body);
  check(!is_zero<CgoHop>(memory), kernel, "a live hop holds its keys");
  hop->~CgoHop();
  check(is_zero<CgoHop>(memory), kernel, "a closed hop is zero from end to end");

  alignas(RecordCipher) std::uint8_t cipher_memory[sizeof(RecordCipher)];
  std::memset(cipher_memory, 0xff, sizeof cipher_memory);
  auto *cipher = new (cipher_memory) RecordCipher;
  cipher->start(kernel, TlsSuite::kAes128GcmSha256, key.data(), 0);
  cipher->update();
  check(!is_zero<RecordCipher>(cipher_memory), kernel, "a live cipher of records holds its keys");
  cipher->~RecordCipher();
  check(is_zero<RecordCipher>(cipher_memory), kernel, "a closed cipher of records is zero from end to end");
}

}  // namespace ramson::test
