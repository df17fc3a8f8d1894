// What the tests of the native code share. Every test runs on every kernel that the machine can run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/kernel.h"

namespace ramson::test {

using Octets = std::vector<std::uint8_t>;

/// Counts a check; where it fails, prints what was checked and on which kernel.
void check(bool holds, const Kernel &kernel, std::string_view what);
/// The same for equality of octets, with both printed.
void check_equal(const std::uint8_t *got, const std::uint8_t *wanted, std::size_t size, const Kernel &kernel,
                 std::string_view what);
void check_equal(const Octets &got, const Octets &wanted, const Kernel &kernel, std::string_view what);

Octets from_hex(std::string_view hex);

/// Octets that are the same on every run.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// A number from 0 to limit - 1.
  std::size_t below(std::size_t limit);
  Octets octets(std::size_t size);

 private:
  std::uint64_t state_;
};

/// A fresh counter-mode state.
AesCtr counter_mode(const Kernel &kernel, const Octets &key, std::uint64_t counter_high, std::uint64_t counter_low);

void known_answers(const Kernel &kernel);
void agreement(const Kernel &kernel, const Kernel &reference);
void bounds(const Kernel &kernel);
void wiping(const Kernel &kernel);
void handles(const Kernel &kernel);
void key_exchange(const Kernel &kernel);
void gcm(const Kernel &kernel, const Kernel &reference);
void record_layer(const Kernel &kernel);
// Once per process, on one kernel:
void shard_parts(const Kernel &kernel);
void shard_cases(const Kernel &kernel);
void shard_load(const Kernel &kernel);
void shard_threads(const Kernel &kernel);
void socket_links(const Kernel &kernel);
void socket_links_in_threads(const Kernel &kernel);
void load(const Kernel &kernel);

}  // namespace ramson::test
