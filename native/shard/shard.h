// One shard of the data plane: its channels, the circuits whose home it is, and the path of a cell through them. One
// thread owns it. What a cell costs here is no allocation (but for a block of cells now and then), no lock, no
// exception.
//
//   receive ─▶ framer ─▶ relay cell? ─▶ circ_id ─▶ hop ─▶ the destination's outbox, or the ring to its shard
//                    └─▶ any other ─▶ event                 └ recognized ─▶ event
//   commands ─▶ circuits, outboxes
//   turn ─▶ what came in rings ─▶ outboxes;  what is for others ─▶ published;  channels with something to send
//   take ─▶ cells of an outbox as they go on the wire
//
// A circuit's home is the shard of the channel it was opened on; only there is its cryptography. A cell crosses from
// one shard to another once at most:
//   outbound:  home decrypts ─▶ kOutboundCell ─▶ the next channel's outbox
//   inbound:   kInboundCell as it came ─▶ home encrypts ─▶ its own channel's outbox
//   spliced:   one home decrypts ─▶ kSplicedCell ─▶ the other home encrypts ─▶ its own channel's outbox
//
// Receiving stops before a cell that there is no room for: in the events, or in the ring it would go to. So what waits
// is bounded, and only the link that brought the cell waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "channel.h"
#include "exchange.h"
#include "records.h"

namespace ramson {

struct ShardLimits {
  /// Cells that may wait on one circuit towards its origin, and away from it.
  std::uint32_t circuit_cells_max;
  std::uint32_t outbound_cells_max;
  /// After how long a cell counts half in the circuits' order.
  std::uint32_t half_life_ms;
};

struct ShardSettings {
  std::uint8_t index;
  /// Shards of the process; none has a higher number.
  std::uint16_t shards;
  ShardLimits limits;
  const Kernel *kernel;
  Exchange *exchange;
  /// Shared with the control plane; null and 0 when there are none.
  std::uint32_t *queue_counters = nullptr;
  std::size_t queue_counter_words = 0;
};

class Shard {
 public:
  /// Cells that are no relay cells, on one channel.
  static constexpr std::uint32_t kControlCellsMax = 4096;
  /// Octets of events at which receiving stops.
  static constexpr std::size_t kEventsMax = std::size_t{1} << 20;
  static constexpr std::uint32_t kNoSlot = UINT32_MAX;

  /// Null when another shard has the index.
  static std::unique_ptr<Shard> open(const ShardSettings &settings);
  ~Shard();
  Shard(const Shard &) = delete;
  Shard &operator=(const Shard &) = delete;

  /// kNoSlot when the handle is in use or another shard's.
  std::uint32_t channel_open(ChannelHandle handle, unsigned link_version);
  /// False when there is no such channel.
  bool channel_close(std::uint32_t slot);

  /// Works octets of a channel off, changing them; gives how many it took.
  std::size_t receive(std::uint32_t slot, std::uint8_t *octets, std::size_t size);
  /// False when the octets are no whole records, or a record is not as it has to be; those before it are carried out.
  bool commands(std::uint8_t *octets, std::size_t size);
  RecordBuffer &events() { return events_; }
  RecordBuffer &link_events() { return link_events_; }

  /// `now_ms`: a clock that all shards share. Writes slots of channels that have got something to send; gives how many.
  std::size_t turn(double now_ms, std::uint32_t *dirty, std::size_t room);
  /// Writes whole cells that wait for the channel; gives their octets.
  std::size_t take(std::uint32_t slot, std::uint8_t *out, std::size_t room);

  /// Octets that wait for a channel.
  std::size_t backlog(std::uint32_t slot) const;
  /// Ends of circuits on a channel.
  std::size_t circuits_on(std::uint32_t slot) const;
  bool is_used(std::uint32_t slot) const;
  /// Cells that wait towards the origin, or the first hop, of a circuit at home here.
  std::size_t queued_cells(CircuitHandle circuit) const;

  /// Writes shard_records::kCounters numbers.
  void write_counters(double *out) const;
  std::uint8_t index() const { return settings_.index; }

 private:
  /// What goes to another shard.
  struct Outgoing {
    Ring *ring = nullptr;
    /// Messages without a body that found no room; cells wait until these have gone.
    std::vector<Message> waiting;
    bool wants_room = false;
  };

  /// Cells that left at an end, where that is measured.
  struct EndWaits {
    std::uint32_t cells = 0;
    double waited_ms = 0;
    double since_ms = 0;
  };

  explicit Shard(const ShardSettings &settings);

  /// Cells whose circuits are looked up before the first of them is worked off.
  static constexpr std::size_t kAhead = 8;
  /// Fewer are in the caches anyway.
  static constexpr std::size_t kManyCircuits = 128;

  // shard_cells.cc: the path of a cell.
  std::size_t look_ahead(const Channel &channel, const Chunk &chunk, CircuitEnd **ends) const;
  void relay_cell(CircuitEnd *end, bool early, std::uint8_t *body);
  void outbound(Circuit &circuit, bool early, std::uint8_t *body);
  void inbound(Circuit &circuit, std::uint8_t *body);
  void other_cell(Channel &channel, CellHeader header, const std::uint8_t *body);
  /// The cell would go to another shard whose ring is full.
  bool is_blocked(const CircuitEnd &end);
  /// Puts a relay cell into the outbox at the end; a violation where it is one too many.
  void put(CircuitEnd &end, std::uint8_t command, const std::uint8_t *body);
  void put_control(Channel &channel, std::uint32_t circ_id, std::uint8_t command, const std::uint8_t *body,
                   std::size_t size);
  Cell *new_cell(const Channel &channel, std::uint32_t circ_id, std::uint8_t command);
  void violation(CircuitEnd &end, shard_records::Violation code);
  void fault(Channel &channel, shard_records::ChannelFault code, std::uint8_t command = 0);
  void touch(Channel &channel);
  void count_wait(std::uint32_t waited_ms);
  void note_wait(const CircuitEnd &end, std::uint32_t waited_ms);
  /// What left at an end that goes.
  void tell_waits(const CircuitEnd &end);
  void measure_waits(bool wanted);
  std::atomic_ref<std::uint32_t> queue_counter(const CircuitEnd &end, std::size_t word) const {
    return std::atomic_ref(settings_.queue_counters[end.circuit->counter * shard_records::kQueueCounterWords + word]);
  }
  void tell_queue(const CircuitEnd &end);
  /// After cells were taken.
  void tell_drained(const CircuitEnd &end);

  // shard_circuits.cc: circuits and their ends.
  Circuit *find_circuit(CircuitHandle handle) const { return circuits_.find(handle); }
  Channel *find_channel(ChannelHandle handle) const { return channels_.find(handle); }
  Circuit *add_circuit(CircuitHandle handle, Side side, RelayHop hop, std::uint32_t counter);
  void attach(CircuitEnd &end, Channel &channel, std::uint32_t circ_id);
  /// Takes the end off its channel, with its cells.
  void release(CircuitEnd &end);
  /// What release does when the channel's table does not lead to the end any more.
  void let_go(CircuitEnd &end);
  void unlink_next(Circuit &circuit);
  void unsplice(Circuit &circuit);
  void forget(Circuit &circuit);
  void set_half_life(std::uint32_t half_life_ms);
  void scale_activity(double by);

  // shard_commands.cc
  bool command(const RecordReader &record);
  bool open_relay_circuit(const RecordReader &record);
  void splice(const RecordReader &record);
  bool originate(const RecordReader &record);
  bool send_origin_cell(const RecordReader &record);
  bool set_limits(const RecordReader &record);
  void shed_oldest(std::uint64_t octets);

  // shard_crossing.cc: what comes from other shards and goes to them.
  Outgoing *outgoing(std::uint8_t to);
  bool has_room(std::uint8_t to);
  /// Only after has_room; into nowhere where the other shard is not there.
  void cross(std::uint8_t to, const Message &message, const std::uint8_t *body);
  void tell(std::uint8_t to, const Message &message);
  std::size_t drain_rings();
  bool has_incoming() const;
  /// There is room again where it was wanted.
  bool can_go_on();
  void publish();
  void handle(std::uint8_t from, CellMessage &message);
  void forget_departed();

  ShardSettings settings_;
  CellPool pool_;
  HandleMap<Circuit> circuits_;
  HandleMap<Channel> channels_;
  std::vector<std::unique_ptr<Channel>> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> dirty_;
  RecordBuffer events_, link_events_;
  std::vector<Outgoing> outgoing_;
  std::vector<std::uint32_t> seen_departures_of_;
  std::uint64_t seen_departures_;
  double counters_[shard_records::kCounters] = {};
  std::size_t queued_cells_ = 0;
  double now_ms_ = 0;
  bool measures_waits_ = false;
  /// By ends that are on a channel; empty where nothing is measured.
  std::unordered_map<const CircuitEnd *, EndWaits> waits_;
  /// When a cell weighed 1.
  double weight_since_ms_ = 0;
  double weight_ = 1;

  friend class ShardProbe;
};

}  // namespace ramson
