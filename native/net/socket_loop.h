// The sockets of one shard: from octets of TCP to cells of the shard and back, with nothing of Node in between. One
// thread owns it, whose event loop watches `descriptor()` and calls run() when that is readable.
//
//   run ─▶ what is ready ─▶ recv ─▶ records opened in place ─▶ Shard::receive
//      └▶ turn ─▶ Shard::turn ─▶ held octets again ─▶ outboxes ─▶ records sealed in place ─▶ one send for each link
//   adopt ◀─ a connection whose handshakes are over          wake ◀─ another shard
//
// A link reads no more where a ring to another shard is full, and only that link. Nothing is taken from the outbox of a
// link whose socket is full: cells wait where they are fair and countable. What a peer sends can end its link and no
// other; why it ended is told as a link event.
//
// When the thread is busy and its turns carry but a few cells for each link, flushing waits for the next tick, so that
// many small records become few, unless the scheduler is Vanilla; with KIST no socket gets more than its kernel can
// send soon. Shard::turn itself never waits, because other shards rely on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../shard/shard.h"
#include "link.h"
#include "output_pacing.h"
#include "shared_rate_limit.h"

namespace ramson {

/// What the loop counts, in this order. Mirror of LINK_COUNTERS in src/dataplane/shard/shared-memory.ts.
enum LinkCounter : std::size_t {
  kBytesRead,
  kBytesWritten,
  kReads,
  kWrites,
  kReadsLimited,
  kWritesLimited,
  kLinkCounters
};

struct SocketLoopSettings {
  /// What Shard::turn wants of the clock, now.
  double now_ms;
  const Kernel *kernel;
  SharedRateLimit read_limit, write_limit;
  LinkRates link_rates;
  OutputPacing pacing = OutputPacing(nullptr);
  /// kLinkCounters numbers, to be added to.
  double *counters;
  /// Room for Shard::write_counters, done at every turn.
  double *shard_counters;
};

/// One direction of a connection: its traffic secret, and how many records have gone under it.
struct TrafficKey {
  const std::uint8_t *secret;
  std::uint64_t sequence;
};

struct AdoptedLink {
  std::uint32_t slot;
  std::uint64_t channel;
  /// Belongs to the loop from now on, whatever becomes of the adoption.
  int descriptor;
  TlsSuite suite;
  TlsEnd end;
  TrafficKey reading, writing;
  /// The peer authenticated: its link has no rate limit of its own.
  bool is_relay;
  /// Its octets may count for nothing.
  bool is_private = false;
  /// Octets of cells that the shard could not take yet, and what came from the socket behind them.
  std::span<const std::uint8_t> held, behind;
};

class SocketLoop final : public Waker {
 public:
  /// Null where the process may have no more descriptors. The shard outlives the loop.
  static std::unique_ptr<SocketLoop> open(Shard &shard, const SocketLoopSettings &settings);
  ~SocketLoop() override;
  SocketLoop(const SocketLoop &) = delete;
  SocketLoop &operator=(const SocketLoop &) = delete;

  /// Readable when there is something to do.
  int descriptor() const { return poll_; }
  /// Makes it readable. From any thread.
  void wake() override;

  /// Carries the channel of a slot from now on. False where the slot has a link, or the system refuses.
  bool adopt(const AdoptedLink &link);
  /// Says goodbye and closes. Nothing where the slot has no link.
  void forget(std::uint32_t slot);

  /// Works off what is ready, then takes a turn.
  void run();
  /// Takes a turn: what the shard has got to send goes out. Writes the slots of channels that have got something to
  /// send and have no link here; gives how many.
  std::size_t turn(std::uint32_t *others, std::size_t room);
  /// The thread's own part of a turn is wanted: there are events, or channels whose links are not here.
  bool has_news() const;
  /// Events were taken: links that wait for that go on.
  void events_taken();

  /// Octets that sockets hold back, and that wait for the shard.
  std::size_t waiting_octets() const { return waiting_octets_; }
  /// When octets last went either way, in milliseconds since 1970; 0 where the slot has no link.
  std::uint64_t used_at_ms(std::uint32_t slot) const;
  /// When octets last left for the peer, in the same way.
  std::uint64_t wrote_at_ms(std::uint32_t slot) const;
  /// Octets of cells since it was adopted; 0 where the slot has no link.
  std::uint64_t octets_read(std::uint32_t slot) const;
  std::uint64_t octets_written(std::uint32_t slot) const;
  std::size_t links() const { return link_count_; }

 private:
  SocketLoop(Shard &shard, const SocketLoopSettings &settings);

  SocketLink *find(std::uint32_t slot) const { return slot < links_.size() ? links_[slot].get() : nullptr; }
  void look_at_clock();
  /// Octets that the rate limits let a link move now; infinity without a limit.
  bool is_free(const SocketLink &link) const { return link.is_private && settings_.link_rates.private_is_free(); }
  double may_read(SocketLink &link);
  double may_write(SocketLink &link);
  void read(SocketLink &link);
  void open_records(SocketLink &link, std::span<std::uint8_t> octets);
  /// Puts by what the shard cannot take, and stops reading.
  void hold(SocketLink &link, std::span<const std::uint8_t> held, std::span<const std::uint8_t> behind);
  void keep_partial(SocketLink &link, std::span<const std::uint8_t> octets);
  void retry_held();
  void take_turn();
  void shard_turn();
  void flush_due();
  /// Gives the octets of cells.
  std::size_t flush(SocketLink &link);
  bool send_unsent(SocketLink &link);
  /// False when the socket failed, and the link with it.
  bool send(SocketLink &link, const std::uint8_t *octets, std::size_t size);
  void send_alert(SocketLink &link, TlsAlert alert);
  void end(SocketLink &link, shard_records::LinkEnd reason);
  void make_due(SocketLink &link);
  void watch(SocketLink &link);
  /// Looks at a link again that a rate limit holds back from now on.
  void limit(SocketLink &link);
  void refill();
  /// Octets that KIST lets a link give to the kernel now; infinity under the other schedulers.
  double kernel_room(SocketLink &link);
  /// Looks at a link again at the next tick: its kernel has enough.
  void pace(SocketLink &link);
  void arm_timer(double at_ms);
  void on_timer();

  Shard &shard_;
  SocketLoopSettings settings_;
  int poll_ = -1, wake_ = -1, timer_ = -1;
  std::vector<std::unique_ptr<SocketLink>> links_;  // by slot
  std::size_t link_count_ = 0;
  std::size_t waiting_octets_ = 0;
  std::vector<std::uint32_t> due_, flushing_, holding_, limited_, paced_;
  std::vector<std::uint32_t> others_;
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::unique_ptr<std::uint8_t[]> in_, out_;
  double clock_offset_ms_ = 0;
  double now_ms_ = 0;
  std::uint64_t wall_ms_ = 0;
  double timer_at_ms_ = 0;
  /// When links are looked at again that a rate limit holds back; 0 when there are none.
  double refill_at_ms_ = 0;
  /// When links are looked at again whose kernel has enough; 0 when there are none.
  double paced_at_ms_ = 0;
  // The output tick.
  double flushed_at_ms_ = 0;
  bool flushes_are_small_ = false;
  double window_since_ms_ = 0;
  double worked_ms_ = 0;
  bool is_busy_ = false;
};

}  // namespace ramson
