// What the control plane asks of a shard.

#include <algorithm>
#include <cstring>

#include "../crypto/wipe.h"
#include "shard.h"

namespace ramson {
namespace {

using cell_layout::ChannelCommand;
using shard_records::ChannelFault;
using shard_records::CommandKind;
using shard_records::EventKind;
using shard_records::LinkEventKind;
using shard_records::RecordFlag;
using shard_records::RelayAlgorithmNumber;
using shard_records::Violation;

bool has_flag(const RecordReader &record, RecordFlag flag) {
  return (record.head.flags & static_cast<std::uint8_t>(flag)) != 0;
}

/// The algorithm's hop; none where the key material has not its size.
RelayHop make_hop(const Kernel &kernel, std::uint8_t algorithm, const std::uint8_t *material, std::size_t size) {
  switch (static_cast<RelayAlgorithmNumber>(algorithm)) {
    case RelayAlgorithmNumber::kTor1:
      if (size != kTor1MaterialSize) return {};
      return RelayHop(std::unique_ptr<Tor1Hop>(new Tor1Hop(kernel, material)));
    case RelayAlgorithmNumber::kCgo: {
      if (size != 2 * kCgoDirectionKeySize) return {};
      constexpr std::uint8_t kFirstTweaks[2 * kCgoTagSize] = {};
      return RelayHop(std::unique_ptr<CgoHop>(new CgoHop(kernel, CgoEnd::kRelay, material, kFirstTweaks)));
    }
  }
  return {};
}

}  // namespace

bool Shard::commands(std::uint8_t *octets, std::size_t size) {
  settings_.exchange->stay_awake(settings_.index);
  RecordReader record(octets, size);
  while (record.next()) {
    if (!command(record)) return false;
  }
  return record.is_at_end();
}

bool Shard::command(const RecordReader &record) {
  const RecordHead &head = record.head;
  switch (static_cast<CommandKind>(head.kind)) {
    case CommandKind::kSendCell: {
      if (record.payload_size > kRelayBodySize || cell_layout::IsVariableLength(head.command)) return false;
      if (head.command == static_cast<std::uint8_t>(ChannelCommand::kDestroy)) {
        counters_[shard_records::kDestroyCellsSent]++;
      }
      Channel *channel = find_channel(head.subject);
      if (channel != nullptr) {
        put_control(*channel, head.circ_id, head.command, record.payload, record.payload_size);
      }
      return true;
    }
    case CommandKind::kOpenRelayCircuit:
      return open_relay_circuit(record);
    case CommandKind::kOpenOriginCircuit: {
      Channel *channel = find_channel(head.object);
      if (channel == nullptr || find_circuit(head.subject) != nullptr || head.subject == kNoHandle) return true;
      attach(add_circuit(head.subject, Side::kFirstHop, {}, head.number)->prev, *channel, head.circ_id);
      return true;
    }
    case CommandKind::kLinkNext: {
      Circuit *circuit = find_circuit(head.subject);
      // A circuit that we built ends here: there is nothing to link.
      if (circuit == nullptr || circuit->hop.is_none() || head.object == kNoHandle) return true;
      const std::uint8_t to = shard_of(head.object);
      Channel *channel = to == settings_.index ? find_channel(head.object) : nullptr;
      if (to == settings_.index && channel == nullptr) return true;
      unlink_next(*circuit);
      if (channel != nullptr) {
        attach(circuit->next, *channel, head.circ_id);
      } else if (outgoing(to) != nullptr) {
        circuit->foreign_next = head.object;
        circuit->foreign_circ_id = head.circ_id;
        tell(to, {MessageKind::kBind, 0, head.circ_id, circuit->handle(), head.object});
      }
      return true;
    }
    case CommandKind::kUnlinkNext: {
      Circuit *circuit = find_circuit(head.subject);
      if (circuit != nullptr) unlink_next(*circuit);
      return true;
    }
    case CommandKind::kSplice:
      splice(record);
      return true;
    case CommandKind::kOriginate:
      return originate(record);
    case CommandKind::kSendOriginCell:
      return send_origin_cell(record);
    case CommandKind::kCloseCircuit: {
      Circuit *circuit = find_circuit(head.subject);
      if (circuit != nullptr) forget(*circuit);
      return true;
    }
    case CommandKind::kCloseChannel: {
      Channel *channel = find_channel(head.subject);
      if (channel == nullptr || channel->is_dead) return true;
      channel->is_dead = true;
      queued_cells_ -= channel->outbox.clear(pool_);
      link_events_.add({.kind = static_cast<std::uint8_t>(LinkEventKind::kCloseChannel),
                        .subject = channel->handle,
                        .number = channel->slot});
      return true;
    }
    case CommandKind::kSetLimits:
      return set_limits(record);
    case CommandKind::kShedOldest:
      shed_oldest(head.object);
      return true;
    case CommandKind::kEnablePadding: {
      Channel *channel = find_channel(head.subject);
      if (channel != nullptr) channel->is_padding_enabled = head.code != 0;
      return true;
    }
    case CommandKind::kMeasureWaits:
      measure_waits(head.code != 0);
      return true;
  }
  return false;
}

bool Shard::open_relay_circuit(const RecordReader &record) {
  const RecordHead &head = record.head;
  RelayHop hop = make_hop(*settings_.kernel, head.code, record.payload, record.payload_size);
  wipe(record.payload, record.payload_size);
  if (hop.is_none()) return false;
  Channel *channel = find_channel(head.object);
  if (channel == nullptr || find_circuit(head.subject) != nullptr || head.subject == kNoHandle) return true;
  attach(add_circuit(head.subject, Side::kPrev, std::move(hop), head.number)->prev, *channel, head.circ_id);
  return true;
}

void Shard::splice(const RecordReader &record) {
  const RecordHead &head = record.head;
  if (head.subject == head.object || head.object == kNoHandle || head.number >= settings_.shards) return;
  const auto other_home = static_cast<std::uint8_t>(head.number);
  Circuit *circuit = find_circuit(head.subject);
  if (other_home != settings_.index) {
    if (circuit == nullptr || circuit->hop.is_none()) {
      // It went before it heard of the splice; the other circuit must not send into the void.
      tell(other_home, {MessageKind::kUnspliced, 0, 0, head.object, head.subject});
      return;
    }
    if (circuit->spliced_handle == head.object) return;
    unsplice(*circuit);
    circuit->spliced_handle = head.object;
    circuit->spliced_home = other_home;
    return;
  }
  Circuit *other = find_circuit(head.object);
  if (circuit == nullptr || other == nullptr || circuit->spliced == other) return;
  if (circuit->hop.is_none() || other->hop.is_none()) return;
  for (auto [one, another] : {std::pair(circuit, other), std::pair(other, circuit)}) {
    unsplice(*one);
    one->spliced = another;
    one->spliced_handle = another->handle();
    one->spliced_home = settings_.index;
  }
}

bool Shard::originate(const RecordReader &record) {
  if (record.payload_size != kRelayBodySize) return false;
  Circuit *circuit = find_circuit(record.head.subject);
  if (circuit == nullptr || circuit->hop.is_none()) return true;
  if (circuit->prev.is_counted) {
    queue_counter(circuit->prev, shard_records::kOriginatedWord).fetch_add(1, std::memory_order_seq_cst);
  }
  if (circuit->prev.is_doomed) return true;
  CellTag tag;
  circuit->hop.originate(*settings_.kernel, record.payload, tag);
  counters_[shard_records::kRelayCellsOriginated]++;
  if (has_flag(record, RecordFlag::kWantTag)) {
    events_.add({.kind = static_cast<std::uint8_t>(EventKind::kOriginatedTag), .subject = circuit->handle()},
                tag.octets, tag.size);
  }
  put(circuit->prev, static_cast<std::uint8_t>(ChannelCommand::kRelay), record.payload);
  return true;
}

bool Shard::send_origin_cell(const RecordReader &record) {
  if (record.payload_size != kRelayBodySize) return false;
  Circuit *circuit = find_circuit(record.head.subject);
  if (circuit == nullptr || !circuit->hop.is_none()) return true;
  if (circuit->prev.is_counted) {
    queue_counter(circuit->prev, shard_records::kOriginatedWord).fetch_add(1, std::memory_order_seq_cst);
  }
  const bool early = has_flag(record, RecordFlag::kEarly);
  const auto command = early ? ChannelCommand::kRelayEarly : ChannelCommand::kRelay;
  put(circuit->prev, static_cast<std::uint8_t>(command), record.payload);
  return true;
}

bool Shard::set_limits(const RecordReader &record) {
  std::uint32_t numbers[3];
  if (record.payload_size != sizeof numbers) return false;
  std::memcpy(numbers, record.payload, sizeof numbers);
  settings_.limits.circuit_cells_max = numbers[0];
  settings_.limits.outbound_cells_max = numbers[1];
  if (numbers[2] > 0 && numbers[2] != settings_.limits.half_life_ms) set_half_life(numbers[2]);
  return true;
}

void Shard::shed_oldest(std::uint64_t octets) {
  /// Who holds waiting cells: a circuit by one of its ends, or a channel by its control cells.
  struct Holder {
    std::uint32_t age_ms;
    CircuitEnd *end;
    Channel *channel;
  };
  const auto now = static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms_));
  std::vector<Holder> holders;
  channels_.each([&](ChannelHandle, Channel *channel) {
    const Cell *control = channel->outbox.control().oldest();
    if (control != nullptr) holders.push_back({now - control->since_ms, nullptr, channel});
    channel->ends.each([&](std::uint32_t, CircuitEnd *end) {
      if (!end->queue.is_empty()) holders.push_back({now - end->queue.oldest()->since_ms, end, nullptr});
    });
  });
  std::stable_sort(holders.begin(), holders.end(),
                   [](const Holder &a, const Holder &b) { return a.age_ms > b.age_ms; });
  const std::size_t before = queued_cells_;
  const auto freed = [&] { return static_cast<std::uint64_t>((before - queued_cells_) * sizeof(Cell)); };
  const auto empty = [&](CircuitEnd &end) {
    if (end.channel != nullptr) queued_cells_ -= end.channel->outbox.drop(end, pool_);
    if (end.is_counted) tell_queue(end);
  };
  for (const Holder &holder : holders) {
    if (freed() >= octets) break;
    if (holder.channel != nullptr) {
      fault(*holder.channel, ChannelFault::kMemoryPressure);
    } else if (!holder.end->queue.is_empty()) {
      // Its other end may have brought the circuit here already.
      if (!holder.end->is_doomed) violation(*holder.end, Violation::kMemoryPressure);
      Circuit *circuit = holder.end->circuit;
      empty(circuit == nullptr ? *holder.end : circuit->prev);
      if (circuit != nullptr) empty(circuit->next);
    }
  }
  counters_[shard_records::kOctetsShed] += static_cast<double>(freed());
}

}  // namespace ramson
