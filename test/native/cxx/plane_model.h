// What a data plane does with cells, as plainly as it can be said: maps, deques, one cell after the other, no chunks,
// no shards, no scheduling. Shards are compared with it. It follows src/dataplane/plain, but for one thing: a circuit
// that was reported for a violation is dead from then on, because a shard's control plane hears of it later.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "shard_driver.h"

namespace ramson::test {

class PlaneModel {
 public:
  PlaneModel(const Kernel &kernel, std::uint32_t circuit_cells_max, std::uint32_t outbound_cells_max)
      : kernel_(kernel), circuit_cells_max_(circuit_cells_max), outbound_cells_max_(outbound_cells_max) {}

  void open_channel(ChannelHandle handle) { channels_[handle]; }
  void close_channel(ChannelHandle handle);
  void send_cell(ChannelHandle channel, std::uint32_t circ_id, std::uint8_t command, const Octets &body);
  void open_relay(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id, const HopKeys &keys);
  void open_origin(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id);
  void link_next(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id);
  void unlink_next(CircuitHandle handle);
  void splice(CircuitHandle a, CircuitHandle b);
  void originate(CircuitHandle handle, Octets body, bool wants_tag);
  void send_origin_cell(CircuitHandle handle, const Octets &body, bool early);
  void close_circuit(CircuitHandle handle);
  /// False where the queue is short already.
  bool await_drained(CircuitHandle handle);
  void set_limits(std::uint32_t circuit_cells_max, std::uint32_t outbound_cells_max) {
    circuit_cells_max_ = circuit_cells_max;
    outbound_cells_max_ = outbound_cells_max;
  }

  /// A cell that came in on a channel.
  void cell(ChannelHandle channel, std::uint32_t circ_id, std::uint8_t command, Octets body);

  /// Takes the oldest cell that may go out next on the circ_id: false when that is not this one.
  bool taken(ChannelHandle channel, const TakenCell &cell);
  std::size_t waiting(ChannelHandle channel) const;
  bool is_dead(ChannelHandle channel) const { return channels_.at(channel).is_dead; }

  /// Events since the last call.
  std::vector<Event> take_events() { return std::exchange(events_, {}); }
  std::vector<Event> take_link_events() { return std::exchange(link_events_, {}); }
  const double *counters() const { return counters_; }

 private:
  struct Circuit;
  struct End {
    ChannelHandle channel = kNoHandle;
    std::uint32_t circ_id = 0;
    std::deque<std::pair<std::uint8_t, Octets>> queue;
  };
  struct Circuit {
    CircuitHandle handle;
    std::unique_ptr<RelayDirection> out, in;
    End prev, next;
    Circuit *spliced = nullptr;
    int early_cells = 0;
    bool is_dead = false;
    bool is_awaited = false;
  };
  struct Channel {
    std::map<std::uint32_t, std::pair<Circuit *, Side>> circuits;
    std::deque<TakenCell> control;
    bool is_dead = false;
  };

  Circuit *add(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id, Side side);
  void attach(Circuit &circuit, End &end, Side side, ChannelHandle channel, std::uint32_t circ_id);
  void detach(End &end);
  void outbound(Circuit &circuit, bool early, Octets &body);
  void inbound(Circuit &circuit, Octets &body);
  void put(Circuit &circuit, End &end, bool is_outbound, std::uint8_t command, const Octets &body);
  void violation(Circuit &circuit, records::Violation code);
  void count(records::Counter counter) { counters_[counter]++; }

  const Kernel &kernel_;
  std::uint32_t circuit_cells_max_, outbound_cells_max_;
  std::map<ChannelHandle, Channel> channels_;
  std::map<CircuitHandle, std::unique_ptr<Circuit>> circuits_;
  std::vector<Event> events_, link_events_;
  double counters_[records::kCounters] = {};
};

}  // namespace ramson::test
