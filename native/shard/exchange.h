// Where the shards of a process meet, whatever thread and whatever environment each lives in: a seat per shard, a ring
// from each to each, made when it is first needed, and the waking of those that sleep.
//
// A shard is awake from the beginning of its turn, or from when it was given something to do, to the end of that turn.
// Whoever publishes something for a sleeping shard wakes it; who falls asleep looks once more after having said so.
// That is a lock-free agreement of two flags, so both sides use sequentially consistent operations. The lock is for
// seats alone: taking, leaving, and calling a waker that must not vanish meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "ring.h"

namespace ramson {

/// Gets a sleeping shard to its next turn; called from any thread.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

class Exchange {
 public:
  /// The process's own. Others are for tests.
  static Exchange &process();

  Exchange() = default;
  ~Exchange();
  Exchange(const Exchange &) = delete;
  Exchange &operator=(const Exchange &) = delete;

  /// False when the seat is taken. Messages for who had it before are forgotten.
  bool take_seat(std::uint8_t shard);
  /// Makes the seat's rings useless and lets all others know.
  void leave_seat(std::uint8_t shard);
  /// Who is to be called when the shard sleeps and something came for it; null: nobody.
  void set_waker(std::uint8_t shard, Waker *waker);

  bool is_taken(std::uint8_t shard) const { return seats_[shard].is_taken.load(std::memory_order_acquire); }
  /// Grows when any seat is left.
  std::uint64_t departures() const { return departures_.load(std::memory_order_acquire); }
  /// Grows when this seat is left.
  std::uint32_t departures_of(std::uint8_t shard) const {
    return seats_[shard].departures.load(std::memory_order_acquire);
  }

  /// The ring from one shard to another, made with this capacity where there is none. Called by the producer alone.
  Ring &ring(std::uint8_t from, std::uint8_t to, std::size_t capacity);
  /// Null where nothing has ever been sent.
  Ring *find_ring(std::uint8_t from, std::uint8_t to) const { return rings_[from][to].load(std::memory_order_acquire); }

  void stay_awake(std::uint8_t shard) {
    std::atomic<bool> &sleeps = seats_[shard].sleeps;
    if (sleeps.load(std::memory_order_relaxed)) sleeps.store(false, std::memory_order_seq_cst);
  }
  void fall_asleep(std::uint8_t shard) { seats_[shard].sleeps.store(true, std::memory_order_seq_cst); }
  /// True when the shard slept and was woken.
  bool wake(std::uint8_t shard);

 private:
  struct alignas(64) Seat {
    std::atomic<bool> sleeps{false};
    std::atomic<bool> is_taken{false};
    std::atomic<std::uint32_t> departures{0};
    Waker *waker = nullptr;  // under lock_
  };

  std::mutex lock_;
  std::atomic<std::uint64_t> departures_{0};
  std::array<Seat, kShardsMax> seats_;
  std::array<std::array<std::atomic<Ring *>, kShardsMax>, kShardsMax> rings_{};
};

}  // namespace ramson
