// What one shard sends another: a bounded ring with one producer and one consumer, who never wait for each other. The
// producer writes any number of messages and then publishes them at once; the consumer works off what is published.
//
// The ring belongs to the process and outlives both shards; whoever takes over a seat (Exchange) goes on where the one
// before stopped, which the exchange's lock puts in order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "circuit.h"

namespace ramson {

enum class MessageKind : std::uint8_t {
  kOutboundCell,  // to the next channel's shard: a cell ready to go out on (channel, circ_id)
  kInboundCell,   // to the circuit's home: a cell that came from its next hop, as it came
  kSplicedCell,   // to the circuit's home: what the other circuit of the splice brought
  kBind,          // to the next channel's shard: the circuit goes on to (channel, circ_id)
  kUnbind,        // to the next channel's shard: it does no longer
  kUnlinked,      // to the circuit's home: (channel, circ_id) is not there any more
  kUnspliced,     // to the circuit's home: the other circuit of the splice is gone
};

struct Message {
  MessageKind kind;
  std::uint8_t command;  // of a cell
  std::uint32_t circ_id;
  CircuitHandle circuit;
  std::uint64_t other;  // the channel; of kSplicedCell and kUnspliced the other circuit of the splice
};

/// On cache lines of its own: the producer writes one while the consumer reads the one before.
struct alignas(64) CellMessage : Message {
  std::uint8_t body[kRelayBodySize];
};

class Ring {
 public:
  /// `capacity`: messages, a power of two.
  explicit Ring(std::size_t capacity) : places_(new CellMessage[capacity]), mask_(capacity - 1) {}

  // The producer's:

  /// The place for the next message; null when the ring is full.
  CellMessage *begin() {
    if (written_ - seen_head_ > mask_) {
      // In one order with want_room() and drain().
      seen_head_ = head_.load(std::memory_order_seq_cst);
      if (written_ - seen_head_ > mask_) return nullptr;
    }
    return &places_[written_ & mask_];
  }
  /// The message at the place is whole.
  void end() {
    written_++;
    // Its lines are in the consumer's cache: asked for now, they are here by then.
    prefetch<1>(places_[(written_ + kAhead) & mask_]);
  }
  bool has_unpublished() const { return written_ != tail_.load(std::memory_order_relaxed); }
  void publish() { tail_.store(written_, std::memory_order_seq_cst); }
  /// Asks the consumer to wake the producer when there is room again.
  void want_room() { wants_room_.store(true, std::memory_order_seq_cst); }
  /// It was asked, and has not taken that up yet.
  bool room_is_wanted() const { return wants_room_.load(std::memory_order_relaxed); }

  // The consumer's:

  bool has_published() const { return tail_.load(std::memory_order_seq_cst) != head_.load(std::memory_order_relaxed); }
  /// Calls function(message) for all that is published now; gives how many there were.
  template <typename Function>
  std::size_t drain(Function function) {
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    const std::uint64_t first = head_.load(std::memory_order_relaxed);
    for (std::uint64_t at = first; at != tail; at++) {
      if (tail - at > kAhead) prefetch<0>(places_[(at + kAhead) & mask_]);
      function(places_[at & mask_]);
    }
    head_.store(tail, std::memory_order_seq_cst);
    return static_cast<std::size_t>(tail - first);
  }
  /// True once after the producer wanted room.
  bool takes_wish_for_room() {
    return wants_room_.load(std::memory_order_seq_cst) && wants_room_.exchange(false, std::memory_order_seq_cst);
  }
  /// Forgets what is published: it was for whoever had the consumer's seat before.
  void discard() { head_.store(tail_.load(std::memory_order_acquire), std::memory_order_release); }

  std::size_t capacity() const { return mask_ + 1; }

 private:
  static constexpr std::uint64_t kAhead = 3;
  template <int kForWriting>
  static void prefetch(const CellMessage &place) {
    const char *octets = reinterpret_cast<const char *>(&place);
    for (std::size_t at = 0; at < sizeof place; at += 64) __builtin_prefetch(octets + at, kForWriting);
  }

  const std::unique_ptr<CellMessage[]> places_;
  const std::uint64_t mask_;
  // On cache lines of their own, or the two sides would fight over one.
  alignas(64) std::uint64_t written_ = 0;           // the producer's: messages written
  std::uint64_t seen_head_ = 0;                     // the producer's: what it last saw of head_
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // messages published
  alignas(64) std::atomic<std::uint64_t> head_{0};  // messages worked off
  alignas(64) std::atomic<bool> wants_room_{false};
};

}  // namespace ramson
