// Runs every test on every kernel of this machine, or on the one that RAMSON_KERNEL names; with the argument `shards`
// those of the data plane alone. Exit status 1 when a check fails.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "kernels/kernels.h"
#include "suite.h"

#ifdef RAMSON_EMULATED_VAES512
namespace ramson::vaes512_emulated {
void aes_ctr(AesCtr &state, std::uint8_t *data, std::size_t size);
void gcm_seal(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size);
bool gcm_open(const GcmKey &key, const GcmInput &input, std::uint8_t *data, std::size_t size);
}
#endif

namespace ramson::test {
namespace {

std::size_t checks = 0;
std::size_t failures = 0;

std::string hex(const std::uint8_t *octets, std::size_t size) {
  std::string text;
  char pair[3];
  for (std::size_t i = 0; i < size; i++) {
    std::snprintf(pair, sizeof pair, "%02x", octets[i]);
    text += pair;
  }
  return text;
}

}  // namespace

void check(bool holds, const Kernel &kernel, std::string_view what) {
  checks++;
  if (holds) return;
  failures++;
  std::printf("not ok %s: %.*s\n", kernel.name, static_cast<int>(what.size()), what.data());
}

void check_equal(const std::uint8_t *got, const std::uint8_t *wanted, std::size_t size, const Kernel &kernel,
                 std::string_view what) {
  bool equal = true;
  for (std::size_t i = 0; i < size; i++) equal = equal && got[i] == wanted[i];
  check(equal, kernel, what);
  if (!equal) std::printf("  got    %s\n  wanted %s\n", hex(got, size).c_str(), hex(wanted, size).c_str());
}

void check_equal(const Octets &got, const Octets &wanted, const Kernel &kernel, std::string_view what) {
  check(got.size() == wanted.size(), kernel, what);
  if (got.size() == wanted.size()) check_equal(got.data(), wanted.data(), got.size(), kernel, what);
}

Octets from_hex(std::string_view hex) {
  Octets octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(std::strtoul(std::string(hex.substr(i, 2)).c_str(), nullptr, 16)));
  }
  return octets;
}

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

std::size_t Random::below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

Octets Random::octets(std::size_t size) {
  Octets octets(size);
  for (std::uint8_t &octet : octets) octet = static_cast<std::uint8_t>(next());
  return octets;
}

AesCtr counter_mode(const Kernel &kernel, const Octets &key, std::uint64_t counter_high, std::uint64_t counter_low) {
  AesCtr state{};
  kernel.aes_expand(state.key, key.data(), key.size());
  state.counter_high = counter_high;
  state.counter_low = counter_low;
  state.used = kAesBlockSize;
  return state;
}

namespace {

void run_on(const Kernel &kernel, const Kernel &reference) {
  const std::size_t before = checks;
  known_answers(kernel);
  agreement(kernel, reference);
  bounds(kernel);
  wiping(kernel);
  handles(kernel);
  key_exchange(kernel);
  gcm(kernel, reference);
  record_layer(kernel);
  std::printf("%s: %zu checks\n", kernel.name, checks - before);
}

/// `shards` leaves out what is tested once per kernel, and `one-thread` besides whatever starts threads.
enum class Part { kAll, kShards, kOneThread };

/// What the data plane does with cells is the same on every kernel.
void run_shards(const Kernel &kernel, bool in_threads) {
  const std::size_t before = checks;
  shard_parts(kernel);
  shard_cases(kernel);
  shard_load(kernel);
  socket_links(kernel);
  load(kernel);
  if (in_threads) {
    shard_threads(kernel);
    socket_links_in_threads(kernel);
  }
  std::printf("shards: %zu checks\n", checks - before);
}

int run(Part part) {
  const bool only_shards = part != Part::kAll;
  if (process_kernel() == nullptr) {
    std::fprintf(stderr, "%s\n", kernel_error().c_str());
    return 2;
  }
  const char *forced = std::getenv("RAMSON_KERNEL");
  const Kernel &reference = *find_kernel("generic");
  for (const Kernel &kernel : usable_kernels()) {
    if (only_shards) break;
    if (forced != nullptr && *forced != '\0' && &kernel != process_kernel()) continue;
    run_on(kernel, reference);
  }
#ifdef RAMSON_EMULATED_VAES512
  const Kernel *base = find_kernel("aesni");
  if (base != nullptr && !only_shards) {
    Kernel emulated = *base;
    emulated.name = "vaes512 (emulated)";
    emulated.aes_ctr = vaes512_emulated::aes_ctr;
    emulated.gcm_seal = vaes512_emulated::gcm_seal;
    emulated.gcm_open = vaes512_emulated::gcm_open;
    run_on(emulated, reference);
  }
#endif
  run_shards(*process_kernel(), part != Part::kOneThread);
  std::printf("%zu failed\n", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ramson::test

int main(int count, char **arguments) {
  using ramson::test::Part;
  const std::string_view part = count == 2 ? arguments[1] : "";
  return ramson::test::run(part == "shards" ? Part::kShards : part == "one-thread" ? Part::kOneThread : Part::kAll);
}
