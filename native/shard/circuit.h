// A circuit as its home shard sees it, and the ends of circuits on channels. A channel's table leads from a circ_id to
// an end; an end leads to its circuit, or where the circuit's home is another shard, tells which.
//
//        prev channel                                   next channel
//   ──── circ_id ─▶ end ──▶ Circuit {hop, splice} ──▶ end ──── circ_id ────       both channels of this shard
//   ──── circ_id ─▶ end ──▶ Circuit ─ ─ ring ─ ─ ▶ ForeignEnd ─ circ_id ────       next channel of another shard
#pragma once

#include <cstdint>

#include "../generated/shard_records.h"
#include "../relay/relay_hop.h"
#include "cell_queue.h"

namespace ramson {

struct Channel;
struct Circuit;

/// Chosen by the control plane, never used twice in one process.
using CircuitHandle = std::uint64_t;
/// number * 256 + shard, never used twice in one process.
using ChannelHandle = std::uint64_t;
/// What no circuit and no channel is called.
inline constexpr std::uint64_t kNoHandle = UINT64_MAX;

inline constexpr std::size_t kShardsMax = 256;
constexpr std::uint8_t shard_of(ChannelHandle channel) { return static_cast<std::uint8_t>(channel % kShardsMax); }

/// From where cells come that arrive at an end.
enum class Side : std::uint8_t {
  kPrev,      // from the origin's side of a circuit that we are a hop of
  kNext,      // from beyond us
  kFirstHop,  // on a circuit that we built
};

/// One end of a circuit on one channel, with the cells that wait to leave there.
struct CircuitEnd {
  /// Null as long as, or when no longer, the end is on a channel.
  Channel *channel = nullptr;
  /// Null when the circuit's home is another shard.
  Circuit *circuit = nullptr;
  CircuitHandle handle = kNoHandle;
  // What follows lies in the four octets that the queue leaves over, so that an end fills one cache line.
  [[no_unique_address]] CellQueue queue;
  std::uint32_t circ_id = 0;
  /// Cells taken of late, weighed by age (Outbox).
  double activity = 0;
  /// Where the end stands among those of its channel that have cells waiting.
  std::uint32_t turn = kNoTurn;
  std::uint8_t home = 0;
  Side side = Side::kPrev;
  /// The control plane has been told of a violation and will close the circuit: its cells are dropped.
  bool is_doomed = false;
  /// The length of the queue is told in the queue counters.
  bool is_counted = false;

  static constexpr std::uint32_t kNoTurn = UINT32_MAX;
};
static_assert(sizeof(CircuitEnd) == 64);

struct Circuit {
  Circuit(CircuitHandle handle, std::uint8_t home, Side side, RelayHop hop) : hop(std::move(hop)) {
    prev.circuit = next.circuit = this;
    prev.handle = next.handle = handle;
    prev.home = next.home = home;
    prev.side = side;
    next.side = Side::kNext;
  }

  CircuitHandle handle() const { return prev.handle; }
  /// Nothing to be queued for it or taken from it any more: see CircuitEnd.
  void doom() { prev.is_doomed = next.is_doomed = true; }

  /// Towards the origin; on circuits that we built, towards the first hop.
  CircuitEnd prev;
  /// Where the next channel is this shard's.
  CircuitEnd next;
  RelayHop hop;
  /// Where the next channel is another shard's.
  ChannelHandle foreign_next = kNoHandle;
  std::uint32_t foreign_circ_id = 0;
  /// The other circuit of a splice and its home; `spliced` where that is this shard.
  CircuitHandle spliced_handle = kNoHandle;
  Circuit *spliced = nullptr;
  std::uint8_t spliced_home = 0;
  std::uint32_t counter = shard_records::kNoCounter;
};

// What an idle circuit costs, with the key schedules and digests of its hop; its places in tables come on top.
static_assert(sizeof(Circuit) + sizeof(Tor1Hop) <= 1024);

}  // namespace ramson
