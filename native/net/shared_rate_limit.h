// The token bucket that all shards and the plain side take octets from: mirror of src/dataplane/shared-rate-limit.ts,
// over the same four words of shared memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ramson {

class SharedRateLimit {
 public:
  static constexpr std::size_t kWords = 4;

  /// `words`: tokens, when they were filled, octets a second, octets of burst. Main writes the last two, at any time.
  /// Without words, or with a rate of 0, there is no limit.
  explicit SharedRateLimit(std::int32_t *words) : words_(words) {}

  bool is_limited() const;
  /// Octets that may be moved now, below 0 after too many; only where there is a limit. `now_ms`: since 1970.
  double available(std::uint64_t now_ms);
  void spend(std::size_t octets);

 private:
  void fill(std::uint32_t now);

  std::int32_t *words_;
  double owed_ = 0;
};

}  // namespace ramson
