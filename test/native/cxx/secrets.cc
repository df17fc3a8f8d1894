// No branch and no memory access depends on a secret. Keys and data are marked as undefined for valgrind's memcheck,
// which reports every jump and every address that is computed from undefined octets; whatever spoils its exit status is
// a leak of secrets through time. Runs on the kernels whose instructions valgrind knows.

#include <valgrind/memcheck.h>

#include <cstdio>

#include "crypto/cgo.h"
#include "crypto/onion_skin.h"
#include "crypto/relay_direction.h"
#include "crypto/sha256.h"
#include "crypto/x25519.h"
#include "kernels/kernels.h"
#include "tls/record_layer.h"

namespace ramson {
namespace {

/// Octets that memcheck takes for secret.
struct Secret {
  std::uint8_t octets[600];
  Secret() {
    for (std::size_t i = 0; i < sizeof octets; i++) octets[i] = static_cast<std::uint8_t>(37 * i);
    VALGRIND_MAKE_MEM_UNDEFINED(octets, sizeof octets);
  }
};

void counter_mode(const Kernel &kernel, std::size_t key_size) {
  Secret key, data;
  AesCtr state{};
  kernel.aes_expand(state.key, key.octets, key_size);
  state.used = kAesBlockSize;
  kernel.aes_ctr(state, data.octets, kRelayBodySize);
  kernel.aes_ctr(state, data.octets, 7);
  kernel.aes_encrypt(state.key, data.octets);
  kernel.aes_decrypt(state.key, data.octets);
}

void directions(const Kernel &kernel, RelayAlgorithm algorithm) {
  Secret seed, key, body;
  RelayDirection direction(kernel, algorithm, seed.octets, key.octets);
  direction.seal(body.octets);
  direction.crypt(body.octets);
}

const Kernel *counting = nullptr;

/// CGO's counters are secret, and kernels look whether a counter is about to carry. Six bits are kept free, so that
/// none ever is and the look goes one way only; but memcheck cannot know that.
void count_openly(AesCtr &state, std::uint8_t *data, std::size_t size) {
  VALGRIND_MAKE_MEM_DEFINED(&state.counter_high, sizeof state.counter_high);
  VALGRIND_MAKE_MEM_DEFINED(&state.counter_low, sizeof state.counter_low);
  counting->aes_ctr(state, data, size);
}

void cgo(const Kernel &kernel, CgoEnd end) {
  Secret material, body;
  Kernel open_counters = kernel;
  open_counters.aes_ctr = count_openly;
  counting = &kernel;
  CgoHop hop(open_counters, end, material.octets, material.octets + 2 * kCgoDirectionKeySize);
  hop.originate(3, body.octets);
}

void key_exchange() {
  Secret secrets, points, keys, wanted;
  std::uint8_t out[2 * kX25519Size];
  const X25519Product products[] = {{secrets.octets, nullptr, out}, {secrets.octets, points.octets, out + kX25519Size}};
  x25519(products);
  is_zero(out);
  choose_onion_key({keys.octets, 4}, wanted.octets, out);
}

void codes(const Kernel &kernel) {
  Secret key, data;
  std::uint8_t code[kSha256Size], stream[92];
  HmacSha256(kernel, key.octets, 32).add(data.octets, 204).finish(code);
  hkdf_expand(kernel, code, "text", stream, sizeof stream);
}

/// Records are made with counters that begin at one, so none carries into the nonce above it. `generic` looks whether
/// it does, which goes one way only; but memcheck cannot know that.
const GcmInput &with_open_nonce(const GcmInput &input) {
  VALGRIND_MAKE_MEM_DEFINED(input.nonce, sizeof input.nonce);
  return input;
}

void seal_openly(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  counting->gcm_seal(key, with_open_nonce(input), data, size);
}

/// Whether a record is genuine is no secret; what it takes to find out is.
bool open_openly(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size) {
  bool is_genuine = counting->gcm_open(key, with_open_nonce(input), data, size);
  VALGRIND_MAKE_MEM_DEFINED(&is_genuine, sizeof is_genuine);
  return is_genuine;
}

void records(const Kernel &kernel, TlsSuite suite) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{230}, std::size_t{515}, std::size_t{575}}) {
    Secret secret, data;
    Kernel open = kernel;
    open.gcm_seal = seal_openly;
    open.gcm_open = open_openly;
    counting = &kernel;
    RecordCipher sealer, opener;
    sealer.start(open, suite, secret.octets, 0);
    opener.start(open, suite, secret.octets, 0);
    sealer.update();
    opener.update();
    VALGRIND_MAKE_MEM_DEFINED(data.octets, RecordCipher::kHeaderSize);
    sealer.seal(data.octets, size);
    opener.open(data.octets, size);
  }
}

int run() {
  key_exchange();
  for (const Kernel &kernel : usable_kernels()) {
    codes(kernel);
    records(kernel, TlsSuite::kAes128GcmSha256);
    records(kernel, TlsSuite::kAes256GcmSha384);
    counter_mode(kernel, 16);
    counter_mode(kernel, 32);
    directions(kernel, RelayAlgorithm::kTor1);
    directions(kernel, RelayAlgorithm::kHs);
    cgo(kernel, CgoEnd::kRelay);
    cgo(kernel, CgoEnd::kOrigin);
    std::printf("%s\n", kernel.name);
  }
  // Proves that memcheck watches at all: without it the marks above do nothing.
  if (RUNNING_ON_VALGRIND == 0) {
    std::fprintf(stderr, "this program means nothing without valgrind\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace ramson

int main() { return ramson::run(); }
