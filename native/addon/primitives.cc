// The primitives by themselves, on any kernel and cut into any steps: what the comparisons with node:crypto and the
// benchmarks call. Nothing on the cell path does.

#include "../crypto/sha1.h"
#include "../crypto/sha3.h"
#include "../crypto/wipe.h"
#include "../kernels/words.h"
#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

/// counterMode(kernel, key, counter, data, step): AES-CTR over `data` in place, `step` octets a call.
napi_value counter_mode(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const View key = arguments.view(1), counter = arguments.view(2), data = arguments.view(3);
  const std::size_t step = arguments.number(4);
  if (kernel == nullptr) return answer(env, Status::kBadChoice);
  if ((key.size != 16 && key.size != 32) || counter.size != kAesBlockSize || step == 0) {
    return answer(env, Status::kBadSize);
  }
  AesCtr state{};
  kernel->aes_expand(state.key, key.octets, key.size);
  state.counter_high = __builtin_bswap64(load_le64(counter.octets));
  state.counter_low = __builtin_bswap64(load_le64(counter.octets + 8));
  state.used = kAesBlockSize;
  for (std::size_t at = 0; at < data.size; at += step) {
    kernel->aes_ctr(state, data.octets + at, data.size - at < step ? data.size - at : step);
  }
  wipe(&state, sizeof state);
  return nullptr;
}

template <typename Digest>
void digest_in_steps(const Kernel &kernel, const View &data, std::size_t step, std::uint8_t *out) {
  Digest running;
  running.start();
  for (std::size_t at = 0; at < data.size; at += step) {
    running.update(kernel, data.octets + at, data.size - at < step ? data.size - at : step);
    running.peek(kernel, out);
    out += Digest::kSize;
  }
}

/// runningDigest(kernel, digest, data, step, out): digests `data` `step` octets at a time and writes the digest so far
/// into `out` after each step. digest 0 is SHA-1, 1 is SHA3-256.
napi_value running_digest(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const std::uint32_t digest = arguments.number(1);
  const View data = arguments.view(2), out = arguments.view(4);
  const std::size_t step = arguments.number(3);
  if (kernel == nullptr || digest > 1) return answer(env, Status::kBadChoice);
  const std::size_t size = digest == 0 ? Sha1::kSize : Sha3::kSize;
  if (step == 0 || out.size != (data.size + step - 1) / step * size) return answer(env, Status::kBadSize);
  if (digest == 0) {
    digest_in_steps<Sha1>(*kernel, data, step, out.octets);
  } else {
    digest_in_steps<Sha3>(*kernel, data, step, out.octets);
  }
  return nullptr;
}

}  // namespace

void define_primitives(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "counterMode", counter_mode, environment);
  define(env, exports, "runningDigest", running_digest, environment);
}

}  // namespace ramson
