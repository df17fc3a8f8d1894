// PerConnBWRate: the token buckets of one link whose peer did not authenticate. Mirror of src/dataplane/link-limits.ts.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ramson {

/// What holds for every such link: octets a second and octets at once. And what holds for all links: how often those
/// are looked at again that a limit held back, and whether links with private addresses are free of the limit of all.
/// In shared memory that main writes at any time.
class LinkRates {
 public:
  static constexpr std::size_t kWords = 4;

  explicit LinkRates(std::int32_t *words) : words_(words) {}
  double per_second() const { return words_ == nullptr ? 0 : std::atomic_ref(words_[0]).load(); }
  double burst() const { return std::atomic_ref(words_[1]).load(); }
  double refill_ms() const { return words_ == nullptr ? 0 : std::atomic_ref(words_[2]).load(); }
  bool private_is_free() const { return words_ != nullptr && std::atomic_ref(words_[3]).load() != 0; }

 private:
  std::int32_t *words_;
};

class LinkRateLimit {
 public:
  /// Octets that may be moved now; infinity without a limit.
  double available(const LinkRates &rates, double now_ms) {
    const double per_second = rates.per_second();
    if (per_second <= 0) {
      is_limited_ = false;
      return INFINITY;
    }
    if (!is_limited_) octets_ = rates.burst();
    if (is_limited_) octets_ = std::min(rates.burst(), octets_ + (now_ms - filled_at_ms_) * per_second / 1000);
    is_limited_ = true;
    filled_at_ms_ = now_ms;
    return octets_;
  }

  void spend(std::size_t octets) {
    if (is_limited_) octets_ -= static_cast<double>(octets);
  }

 private:
  bool is_limited_ = false;
  double octets_ = 0;
  double filled_at_ms_ = 0;
};

}  // namespace ramson
