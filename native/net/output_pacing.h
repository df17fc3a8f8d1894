// When links write (torrc's Schedulers): over words of shared memory that main writes at any time. Mirror of
// OutputPacing in src/dataplane/contract.ts and of OutputPacingWord in src/dataplane/shard/shared-memory.ts.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ramson {

enum class Scheduler : std::int32_t {
  /// At the end of every turn, as much as sockets take.
  kVanilla,
  /// The same, but for a busy shard, whose turns come in ticks.
  kKistLite,
  /// The same, and no socket gets more than the kernel can send soon.
  kKist
};

class OutputPacing {
 public:
  static constexpr std::size_t kWords = 4;

  /// Without words: what shared memory of zeros would say, with ticks of a millisecond.
  explicit OutputPacing(std::int32_t *words) : words_(words) {}

  Scheduler scheduler() const {
    return words_ == nullptr ? Scheduler::kKistLite : static_cast<Scheduler>(std::atomic_ref(words_[0]).load());
  }
  double tick_ms() const { return words_ == nullptr ? 1 : std::atomic_ref(words_[1]).load(); }
  /// Of the congestion window, what may wait in the kernel.
  double buffer_factor() const { return words_ == nullptr ? 1 : std::atomic_ref(words_[2]).load() / 1000.0; }

 private:
  std::int32_t *words_;
};

}  // namespace ramson
