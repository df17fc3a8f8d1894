#include "exchange.h"

namespace ramson {

Exchange &Exchange::process() {
  // Never destroyed: threads may still be leaving when the process ends.
  static Exchange &exchange = *new Exchange;
  return exchange;
}

Exchange::~Exchange() {
  for (auto &from : rings_) {
    for (auto &ring : from) delete ring.load(std::memory_order_acquire);
  }
}

bool Exchange::take_seat(std::uint8_t shard) {
  const std::lock_guard guard(lock_);
  Seat &seat = seats_[shard];
  if (seat.is_taken.load(std::memory_order_relaxed)) return false;
  for (auto &from : rings_) {
    Ring *ring = from[shard].load(std::memory_order_acquire);
    if (ring != nullptr) ring->discard();
  }
  seat.sleeps.store(false, std::memory_order_seq_cst);
  seat.is_taken.store(true, std::memory_order_release);
  return true;
}

void Exchange::leave_seat(std::uint8_t shard) {
  {
    const std::lock_guard guard(lock_);
    Seat &seat = seats_[shard];
    seat.waker = nullptr;
    seat.is_taken.store(false, std::memory_order_release);
    seat.departures.fetch_add(1, std::memory_order_acq_rel);
    departures_.fetch_add(1, std::memory_order_acq_rel);
  }
  // Some may wait for room in a ring to this seat, which nobody will ever make.
  for (std::size_t other = 0; other < kShardsMax; other++) wake(static_cast<std::uint8_t>(other));
}

void Exchange::set_waker(std::uint8_t shard, Waker *waker) {
  const std::lock_guard guard(lock_);
  seats_[shard].waker = waker;
}

Ring &Exchange::ring(std::uint8_t from, std::uint8_t to, std::size_t capacity) {
  std::atomic<Ring *> &place = rings_[from][to];
  Ring *ring = place.load(std::memory_order_acquire);
  if (ring == nullptr) {
    ring = new Ring(capacity);
    // The lock puts this before or after a change of the consumer.
    const std::lock_guard guard(lock_);
    place.store(ring, std::memory_order_release);
  }
  return *ring;
}

bool Exchange::wake(std::uint8_t shard) {
  Seat &seat = seats_[shard];
  if (!seat.sleeps.load(std::memory_order_seq_cst) || !seat.sleeps.exchange(false, std::memory_order_seq_cst)) {
    return false;
  }
  const std::lock_guard guard(lock_);
  if (seat.waker != nullptr) seat.waker->wake();
  return true;
}

}  // namespace ramson
