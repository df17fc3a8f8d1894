// The path of a cell through a shard.

#include <cstring>

#include "cell_body.h"
#include "shard.h"

namespace ramson {
namespace {

using cell_layout::ChannelCommand;
using shard_records::ChannelFault;
using shard_records::EventKind;
using shard_records::LinkEventKind;
using shard_records::RecordFlag;
using shard_records::Violation;

constexpr auto kRelay = static_cast<std::uint8_t>(ChannelCommand::kRelay);
constexpr auto kRelayEarly = static_cast<std::uint8_t>(ChannelCommand::kRelayEarly);
constexpr std::size_t kBodyAt = cell_layout::kFixedCellBodyOffset;
constexpr std::size_t kNarrowStart = cell_layout::kFixedCellSize - cell_layout::kNarrowFixedCellSize;

std::uint8_t flags_of(bool early) { return early ? static_cast<std::uint8_t>(RecordFlag::kEarly) : std::uint8_t{0}; }

RecordHead head_of(EventKind kind, std::uint64_t subject) {
  return {.kind = static_cast<std::uint8_t>(kind), .subject = subject};
}

RecordHead head_of(LinkEventKind kind, const Channel &channel) {
  return {.kind = static_cast<std::uint8_t>(kind), .subject = channel.handle, .number = channel.slot};
}

void prefetch(const Cell &cell) {
  const char *octets = reinterpret_cast<const char *>(&cell);
  for (std::size_t at = 0; at < sizeof cell; at += 64) __builtin_prefetch(octets + at);
}

void store_circ_id(std::uint8_t *at, std::uint32_t circ_id, bool is_wide) {
  if (is_wide) {
    const std::uint32_t swapped = __builtin_bswap32(circ_id);
    std::memcpy(at, &swapped, sizeof swapped);
  } else {
    at[0] = static_cast<std::uint8_t>(circ_id >> 8);
    at[1] = static_cast<std::uint8_t>(circ_id);
  }
}

}  // namespace

std::size_t Shard::receive(std::uint32_t slot, std::uint8_t *octets, std::size_t size) {
  Channel *channel = slot < slots_.size() ? slots_[slot].get() : nullptr;
  if (channel == nullptr) return size;
  settings_.exchange->stay_awake(settings_.index);
  Chunk chunk{octets, size};
  CellFramer &framer = channel->framer;
  CircuitEnd *ahead[kAhead];
  std::size_t known = 0, used = 0;
  while (chunk.size > 0 && !channel->is_dead) {
    if (events_.size() + link_events_.size() >= kEventsMax) break;
    if (used == known && circuits_.size() >= kManyCircuits && framer.is_between_cells()) {
      known = look_ahead(*channel, chunk, ahead);
      used = 0;
    }
    CellHeader header;
    const CellFramer::Next next = framer.next(chunk, header, pool_);
    if (next == CellFramer::Next::kMore) return size;
    if (next == CellFramer::Next::kNoRoom) break;
    const bool early = header.command == kRelayEarly;
    if (early || header.command == kRelay) {
      CircuitEnd *end = used < known ? ahead[used] : channel->find(header.circ_id);
      if (end != nullptr && is_blocked(*end)) break;
      std::uint8_t *body = framer.complete(chunk);
      relay_cell(end, early, body);
    } else {
      const std::uint8_t *body = framer.complete(chunk);
      other_cell(*channel, header, body);
    }
    if (used < known) used++;
    counters_[shard_records::kCellsReceived]++;
    if (channel->is_padding_enabled) counters_[shard_records::kEnabledCellsReceived]++;
    framer.release(pool_);
  }
  return channel->is_dead ? size : size - chunk.size;
}

/// With many circuits nothing of them is in the processor's caches: who waits for one at a time waits most of the time.
/// So the next whole cells of the chunk are gone through in three rounds, each asking for what the one after it reads.
std::size_t Shard::look_ahead(const Channel &channel, const Chunk &chunk, CircuitEnd **ends) const {
  const CellFramer &framer = channel.framer;
  CellHeader headers[kAhead];
  std::size_t count = 0;
  for (const std::uint8_t *octets = chunk.octets; count < kAhead; octets += framer.cell_size(), count++) {
    if ((count + 1) * framer.cell_size() > chunk.size) break;
    headers[count] = framer.read_header(octets);
    if (CellFramer::is_variable(headers[count].command)) break;
    channel.ends.prefetch(headers[count].circ_id);
  }
  // For a single cell it would only be more to do.
  if (count < 2) return 0;
  for (std::size_t i = 0; i < count; i++) {
    const bool is_same = i > 0 && headers[i].circ_id == headers[i - 1].circ_id;
    ends[i] = is_same ? ends[i - 1] : channel.ends.find(headers[i].circ_id);
    if (is_same || ends[i] == nullptr) continue;
    // The circuit lies around the end, which is its first or its second line.
    const char *octets = reinterpret_cast<const char *>(ends[i]);
    for (std::ptrdiff_t line = -64; line < 192; line += 64) __builtin_prefetch(octets + line);
  }
  for (std::size_t i = 0; i < count; i++) {
    if (ends[i] == nullptr || ends[i]->circuit == nullptr || (i > 0 && ends[i] == ends[i - 1])) continue;
    const RelayHop &hop = ends[i]->circuit->hop;
    if (ends[i]->side == Side::kPrev) {
      hop.prefetch_outbound();
    } else {
      hop.prefetch_inbound();
    }
  }
  return count;
}

void Shard::other_cell(Channel &channel, CellHeader header, const std::uint8_t *body) {
  // Mirror of src/channel/cell-fate.ts.
  switch (static_cast<ChannelCommand>(header.command)) {
    case ChannelCommand::kCreate:
    case ChannelCommand::kCreated:
    case ChannelCommand::kCreateFast:
    case ChannelCommand::kCreatedFast:
    case ChannelCommand::kCreate2:
    case ChannelCommand::kCreated2:
    case ChannelCommand::kDestroy: {
      RecordHead head = head_of(EventKind::kControlCell, channel.handle);
      head.circ_id = header.circ_id;
      head.command = header.command;
      events_.add(head, body, kRelayBodySize);
      break;
    }
    case ChannelCommand::kPadding:
    case ChannelCommand::kVpadding:
      counters_[shard_records::kPaddingCellsReceived]++;
      if (channel.is_padding_enabled) counters_[shard_records::kEnabledPaddingReceived]++;
      break;
    case ChannelCommand::kPaddingNegotiate:
      link_events_.add(head_of(LinkEventKind::kPaddingNegotiate, channel), body, kRelayBodySize);
      break;
    case ChannelCommand::kCerts:
    case ChannelCommand::kAuthChallenge:
    case ChannelCommand::kAuthenticate:
      fault(channel, ChannelFault::kUnexpectedCell, header.command);
      break;
    default:
      // VERSIONS, NETINFO and AUTHORIZE come too late to mean anything; unknown commands may be of later versions.
      break;
  }
}

bool Shard::is_blocked(const CircuitEnd &end) {
  if (end.is_doomed) return false;
  if (end.circuit == nullptr) return !has_room(end.home);
  if (end.side != Side::kPrev) return false;
  const Circuit &circuit = *end.circuit;
  if (circuit.spliced_handle != kNoHandle) return circuit.spliced == nullptr && !has_room(circuit.spliced_home);
  return circuit.foreign_next != kNoHandle && !has_room(shard_of(circuit.foreign_next));
}

void Shard::relay_cell(CircuitEnd *end, bool early, std::uint8_t *body) {
  if (end == nullptr || end->is_doomed) {
    counters_[shard_records::kRelayCellsDropped]++;
    return;
  }
  if (end->side == Side::kPrev) {
    outbound(*end->circuit, early, body);
  } else if (early) {
    // tor-spec 5.6: RELAY_EARLY travels outbound only.
    violation(*end, Violation::kRelayEarlyInbound);
  } else if (end->side == Side::kFirstHop) {
    events_.add(head_of(EventKind::kOriginCell, end->handle), body, kRelayBodySize);
  } else if (end->circuit != nullptr) {
    inbound(*end->circuit, body);
  } else {
    cross(end->home, {MessageKind::kInboundCell, kRelay, end->circ_id, end->handle, end->channel->handle}, body);
  }
}

void Shard::outbound(Circuit &circuit, bool early, std::uint8_t *body) {
  counters_[shard_records::kRelayCellsOutbound]++;
  CellTag tag;
  const Outbound outcome = circuit.hop.outbound(*settings_.kernel, early, body, tag);
  if (outcome == Outbound::kTooManyEarly) {
    violation(circuit.prev, Violation::kRelayEarlyExceeded);
  } else if (outcome == Outbound::kRecognized) {
    counters_[shard_records::kRelayCellsRecognized]++;
    RecordHead head = head_of(EventKind::kRecognized, circuit.handle());
    head.flags = flags_of(early);
    events_.add(head, body, kRelayBodySize, tag.octets, tag.size);
  } else if (circuit.spliced != nullptr) {
    counters_[shard_records::kRelayCellsSpliced]++;
    inbound(*circuit.spliced, body);
  } else if (circuit.spliced_handle != kNoHandle) {
    counters_[shard_records::kRelayCellsSpliced]++;
    cross(circuit.spliced_home, {MessageKind::kSplicedCell, kRelay, 0, circuit.spliced_handle, circuit.handle()}, body);
  } else if (circuit.next.channel != nullptr) {
    put(circuit.next, early ? kRelayEarly : kRelay, body);
  } else if (circuit.foreign_next != kNoHandle) {
    cross(shard_of(circuit.foreign_next),
          {MessageKind::kOutboundCell, early ? kRelayEarly : kRelay, circuit.foreign_circ_id, circuit.handle(),
           circuit.foreign_next},
          body);
  } else {
    violation(circuit.prev, Violation::kUnrecognizedAtEnd);
  }
}

void Shard::inbound(Circuit &circuit, std::uint8_t *body) {
  if (circuit.prev.is_doomed) {
    counters_[shard_records::kRelayCellsDropped]++;
    return;
  }
  counters_[shard_records::kRelayCellsInbound]++;
  circuit.hop.inbound(*settings_.kernel, body);
  put(circuit.prev, kRelay, body);
}

Cell *Shard::new_cell(const Channel &channel, std::uint32_t circ_id, std::uint8_t command) {
  Cell *cell = pool_.take();
  if (cell == nullptr) return nullptr;
  cell->since_ms = static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms_));
  store_circ_id(cell->octets + (channel.is_wide ? 0 : kNarrowStart), circ_id, channel.is_wide);
  cell->octets[kBodyAt - 1] = command;
  return cell;
}

void Shard::put(CircuitEnd &end, std::uint8_t command, const std::uint8_t *body) {
  if (end.channel == nullptr) return;
  Channel &channel = *end.channel;
  channel.is_used = true;
  if (end.is_doomed || channel.is_dead) return;
  // Cells of circuits that we built go away from their origin, as do those to a next hop.
  const bool is_outbound = end.side != Side::kPrev;
  const ShardLimits &limits = settings_.limits;
  Cell *cell = nullptr;
  if (end.queue.size() < (is_outbound ? limits.outbound_cells_max : limits.circuit_cells_max)) {
    cell = new_cell(channel, end.circ_id, command);
  }
  if (cell == nullptr) {
    counters_[shard_records::kOutboxOverflows]++;
    violation(end, is_outbound ? Violation::kOutboundQueueFull : Violation::kQueueFull);
    return;
  }
  copy_body(cell->octets + kBodyAt, body);
  channel.outbox.put(end, cell);
  queued_cells_++;
  if (end.is_counted) tell_queue(end);
  touch(channel);
}

void Shard::put_control(Channel &channel, std::uint32_t circ_id, std::uint8_t command, const std::uint8_t *body,
                        std::size_t size) {
  if (channel.is_dead) return;
  CellQueue &control = channel.outbox.control();
  Cell *cell = control.size() < kControlCellsMax ? new_cell(channel, circ_id, command) : nullptr;
  if (cell == nullptr) {
    fault(channel, ChannelFault::kControlQueueFull);
    return;
  }
  if (size > 0) std::memcpy(cell->octets + kBodyAt, body, size);
  std::memset(cell->octets + kBodyAt + size, 0, kRelayBodySize - size);
  control.push(cell);
  queued_cells_++;
  touch(channel);
}

std::size_t Shard::take(std::uint32_t slot, std::uint8_t *out, std::size_t room) {
  Channel *channel = slot < slots_.size() ? slots_[slot].get() : nullptr;
  if (channel == nullptr) return 0;
  const std::size_t size = channel->cell_size();
  const std::size_t start = cell_layout::kFixedCellSize - size;
  const auto now_ms = static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms_));
  Outbox &outbox = channel->outbox;
  std::size_t written = 0;
  while (room - written >= size) {
    Cell *cell;
    if (!outbox.control().is_empty()) {
      cell = outbox.control().pop();
    } else {
      CircuitEnd *end = outbox.first();
      if (end == nullptr) break;
      cell = outbox.take_first(weight_);
      const CircuitEnd *next = outbox.first();
      if (next != nullptr) prefetch(*next->queue.oldest());
      if (end->is_counted) tell_drained(*end);
      if (measures_waits_) note_wait(*end, now_ms - cell->since_ms);
    }
    std::memcpy(out + written, cell->octets + start, size);
    written += size;
    count_wait(now_ms - cell->since_ms);
    pool_.give_back(cell);
    queued_cells_--;
  }
  const auto cells = static_cast<double>(written / size);
  counters_[shard_records::kCellsSent] += cells;
  if (channel->is_padding_enabled) counters_[shard_records::kEnabledCellsSent] += cells;
  return written;
}

void Shard::count_wait(std::uint32_t waited_ms) {
  // Most cells leave in the turn that they came in.
  if (waited_ms <= shard_records::kOutboxWaitBounds[0]) {
    counters_[shard_records::kOutboxWaitUpTo1]++;
  } else {
    counters_[bucket_of(waited_ms, shard_records::kOutboxWaitBounds, shard_records::kOutboxWaitUpTo1)]++;
  }
  counters_[shard_records::kOutboxWaited] += waited_ms;
}

void Shard::note_wait(const CircuitEnd &end, std::uint32_t waited_ms) {
  // What we send ourselves is no traffic of others.
  if (end.side == Side::kFirstHop) return;
  EndWaits &waits = waits_[&end];
  if (waits.cells++ == 0) waits.since_ms = now_ms_;
  waits.waited_ms += waited_ms;
}

void Shard::tell_waits(const CircuitEnd &end) {
  const auto found = waits_.find(&end);
  if (found == waits_.end()) return;
  const EndWaits &waits = found->second;
  RecordHead head = head_of(EventKind::kCellsWaited, end.handle);
  head.number = waits.cells;
  head.object = static_cast<std::uint64_t>(waits.waited_ms);
  const auto lasted_ms = static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms_ - waits.since_ms));
  const std::uint8_t payload[4] = {static_cast<std::uint8_t>(lasted_ms), static_cast<std::uint8_t>(lasted_ms >> 8),
                                   static_cast<std::uint8_t>(lasted_ms >> 16),
                                   static_cast<std::uint8_t>(lasted_ms >> 24)};
  events_.add(head, payload, sizeof payload);
  waits_.erase(found);
}

void Shard::measure_waits(bool wanted) {
  measures_waits_ = wanted;
  if (!wanted) waits_.clear();
}

void Shard::violation(CircuitEnd &end, Violation code) {
  counters_[shard_records::kViolations]++;
  RecordHead head = head_of(EventKind::kViolation, end.handle);
  head.code = static_cast<std::uint8_t>(code);
  events_.add(head);
  if (end.circuit != nullptr) {
    end.circuit->doom();
  } else {
    end.is_doomed = true;
  }
}

void Shard::fault(Channel &channel, ChannelFault code, std::uint8_t command) {
  RecordHead head = head_of(LinkEventKind::kChannelFault, channel);
  head.code = static_cast<std::uint8_t>(code);
  head.command = command;
  link_events_.add(head);
  channel.is_dead = true;
  queued_cells_ -= channel.outbox.clear(pool_);
}

void Shard::touch(Channel &channel) {
  if (channel.is_dirty) return;
  channel.is_dirty = true;
  dirty_.push_back(channel.slot);
}

void Shard::tell_queue(const CircuitEnd &end) {
  queue_counter(end, shard_records::kQueuedWord).store(end.queue.size(), std::memory_order_relaxed);
}

void Shard::tell_drained(const CircuitEnd &end) {
  const std::uint32_t cells = end.queue.size();
  // Only behind the last cell does nobody look again, so only there what was told has to be seen before the wish is
  // read.
  queue_counter(end, shard_records::kQueuedWord)
      .store(cells, cells == 0 ? std::memory_order_seq_cst : std::memory_order_relaxed);
  if (cells > shard_records::kDrainedAtCells) return;
  const auto awaited = queue_counter(end, shard_records::kAwaitedWord);
  if (awaited.load(std::memory_order_seq_cst) == 0) return;
  awaited.store(0, std::memory_order_seq_cst);
  events_.add(head_of(EventKind::kDrained, end.handle));
}

}  // namespace ramson
