#include "shared_rate_limit.h"

#include <algorithm>
#include <cmath>

namespace ramson {
namespace {

constexpr std::uint32_t kFillMs = 5;
/// Octets in a token.
constexpr double kUnit = 2;
constexpr std::uint32_t kClock = 0x7fffffff;
constexpr std::size_t kTokens = 0;
constexpr std::size_t kFilledAt = 1;
constexpr std::size_t kRate = 2;
constexpr std::size_t kBurst = 3;

}  // namespace

bool SharedRateLimit::is_limited() const { return words_ != nullptr && std::atomic_ref(words_[kRate]).load() > 0; }

double SharedRateLimit::available(std::uint64_t now_ms) {
  fill(static_cast<std::uint32_t>(now_ms) & kClock);
  return std::atomic_ref(words_[kTokens]).load() * kUnit - owed_;
}

void SharedRateLimit::spend(std::size_t octets) {
  if (!is_limited()) return;
  owed_ += static_cast<double>(octets);
  const double tokens = std::floor(owed_ / kUnit);
  owed_ -= tokens * kUnit;
  std::atomic_ref(words_[kTokens]).fetch_sub(static_cast<std::int32_t>(tokens));
}

void SharedRateLimit::fill(std::uint32_t now) {
  std::atomic_ref filled_at(words_[kFilledAt]);
  std::int32_t before = filled_at.load();
  const std::uint32_t elapsed_ms = (now - static_cast<std::uint32_t>(before)) & kClock;
  // Another thread that was faster has filled it for a time that is not ours yet.
  if (elapsed_ms < kFillMs || elapsed_ms > kClock / 2) return;
  // Whoever moves the clock on is the one that fills.
  if (!filled_at.compare_exchange_strong(before, static_cast<std::int32_t>(now))) return;
  const auto rate = static_cast<double>(std::atomic_ref(words_[kRate]).load());
  const double earned = std::floor(elapsed_ms * rate / 1000 / kUnit);
  const double full = std::floor(std::atomic_ref(words_[kBurst]).load() / kUnit);
  std::atomic_ref tokens(words_[kTokens]);
  std::int32_t had = tokens.load();
  while (!tokens.compare_exchange_weak(had, static_cast<std::int32_t>(std::min(full, had + earned)))) {
  }
}

}  // namespace ramson
