// What a shard sends others and gets from them, and its turn.

#include <cmath>

#include "cell_body.h"
#include "shard.h"

namespace ramson {
namespace {

/// Messages of all rings to one shard together; what a ring may hold of that is fewer the more shards there are.
constexpr std::size_t kRingsCapacity = 4096;
constexpr std::size_t kRingLeast = 64;
constexpr std::size_t kRingMost = 1024;
/// Doublings of a cell's weight before all counts are scaled down; a double holds twice as many.
constexpr double kDoublingsMax = 500;
/// How often what came in the meantime is worked off before the thread gets on with other things.
constexpr int kRounds = 3;

std::size_t ring_capacity(std::size_t shards) {
  std::size_t capacity = kRingMost;
  while (capacity > kRingLeast && capacity * (shards - 1) > kRingsCapacity) capacity /= 2;
  return capacity;
}

}  // namespace

std::size_t Shard::turn(double now_ms, std::uint32_t *dirty, std::size_t room) {
  Exchange &exchange = *settings_.exchange;
  now_ms_ = now_ms;
  double doublings = (now_ms - weight_since_ms_) / settings_.limits.half_life_ms;
  if (doublings > kDoublingsMax) {
    scale_activity(std::exp2(-doublings));
    weight_since_ms_ = now_ms;
    doublings = 0;
  }
  weight_ = std::exp2(doublings);
  exchange.stay_awake(settings_.index);
  if (exchange.departures() != seen_departures_) forget_departed();
  for (int round = 0; round < kRounds; round++) {
    drain_rings();
    publish();
    exchange.fall_asleep(settings_.index);
    if (!has_incoming()) break;
    if (round + 1 < kRounds) exchange.stay_awake(settings_.index);
  }
  // Whoever made room or sent something while we were still awake did not wake us.
  if (has_incoming() || can_go_on()) exchange.wake(settings_.index);
  std::size_t count = 0;
  while (count < room && !dirty_.empty()) {
    const std::uint32_t slot = dirty_.back();
    dirty_.pop_back();
    Channel *channel = slot < slots_.size() ? slots_[slot].get() : nullptr;
    // A slot may be there for a channel that is gone, or twice.
    if (channel == nullptr || !channel->is_dirty) continue;
    channel->is_dirty = false;
    if (!channel->outbox.is_empty()) dirty[count++] = slot;
  }
  return count;
}

Shard::Outgoing *Shard::outgoing(std::uint8_t to) {
  if (to >= outgoing_.size() || !settings_.exchange->is_taken(to)) return nullptr;
  Outgoing &out = outgoing_[to];
  if (out.ring == nullptr) {
    out.ring = &settings_.exchange->ring(settings_.index, to, ring_capacity(settings_.shards));
  }
  return &out;
}

bool Shard::has_room(std::uint8_t to) {
  Outgoing *out = outgoing(to);
  // Nobody is there: what is sent goes nowhere, and needs no room for it.
  if (out == nullptr || (out->waiting.empty() && out->ring->begin() != nullptr)) return true;
  counters_[shard_records::kRingsFull]++;
  // The first of the links that find the ring full says so for all of them.
  if (out->wants_room && out->ring->room_is_wanted() && !out->ring->has_unpublished()) return false;
  out->wants_room = true;
  out->ring->want_room();
  if (out->ring->has_unpublished()) out->ring->publish();
  if (settings_.exchange->wake(to)) counters_[shard_records::kWakeUps]++;
  return false;
}

void Shard::cross(std::uint8_t to, const Message &message, const std::uint8_t *body) {
  Outgoing *out = outgoing(to);
  CellMessage *place = out == nullptr ? nullptr : out->ring->begin();
  if (place == nullptr) {
    counters_[shard_records::kRelayCellsDropped]++;
    return;
  }
  static_cast<Message &>(*place) = message;
  copy_body(place->body, body);
  out->ring->end();
  counters_[shard_records::kMessagesCrossed]++;
}

void Shard::tell(std::uint8_t to, const Message &message) {
  Outgoing *out = outgoing(to);
  if (out == nullptr) return;
  CellMessage *place = out->waiting.empty() ? out->ring->begin() : nullptr;
  if (place == nullptr) {
    // publish() takes it from there.
    out->waiting.push_back(message);
  } else {
    static_cast<Message &>(*place) = message;
    out->ring->end();
  }
  counters_[shard_records::kMessagesCrossed]++;
}

void Shard::publish() {
  for (std::size_t to = 0; to < outgoing_.size(); to++) {
    Outgoing &out = outgoing_[to];
    if (out.ring == nullptr) continue;
    std::size_t moved = 0;
    for (; moved < out.waiting.size(); moved++) {
      CellMessage *place = out.ring->begin();
      if (place == nullptr) break;
      static_cast<Message &>(*place) = out.waiting[moved];
      out.ring->end();
    }
    out.waiting.erase(out.waiting.begin(), out.waiting.begin() + static_cast<std::ptrdiff_t>(moved));
    if (!out.waiting.empty()) {
      out.wants_room = true;
      out.ring->want_room();
    }
    if (!out.ring->has_unpublished()) continue;
    out.ring->publish();
    if (settings_.exchange->wake(static_cast<std::uint8_t>(to))) counters_[shard_records::kWakeUps]++;
  }
}

bool Shard::can_go_on() {
  bool can = false;
  for (Outgoing &out : outgoing_) {
    if (!out.wants_room || out.ring->begin() == nullptr) continue;
    out.wants_room = false;
    can = true;
  }
  return can;
}

bool Shard::has_incoming() const {
  for (std::size_t from = 0; from < outgoing_.size(); from++) {
    const Ring *ring = settings_.exchange->find_ring(static_cast<std::uint8_t>(from), settings_.index);
    if (ring != nullptr && ring->has_published()) return true;
  }
  return false;
}

std::size_t Shard::drain_rings() {
  std::size_t count = 0;
  for (std::size_t from = 0; from < outgoing_.size(); from++) {
    const auto sender = static_cast<std::uint8_t>(from);
    Ring *ring = settings_.exchange->find_ring(sender, settings_.index);
    if (ring == nullptr || !ring->has_published()) continue;
    const std::size_t batch = ring->drain([&](CellMessage &message) { handle(sender, message); });
    counters_[bucket_of(batch, shard_records::kRingBatchBounds, shard_records::kRingBatchUpTo1)]++;
    counters_[shard_records::kRingWorkedOff] += static_cast<double>(batch);
    count += batch;
    if (ring->takes_wish_for_room()) settings_.exchange->wake(sender);
  }
  return count;
}

void Shard::handle(std::uint8_t from, CellMessage &message) {
  switch (message.kind) {
    case MessageKind::kOutboundCell: {
      Channel *channel = find_channel(message.other);
      CircuitEnd *end = channel == nullptr ? nullptr : channel->find(message.circ_id);
      if (end != nullptr && end->circuit == nullptr && end->handle == message.circuit && !end->is_doomed) {
        put(*end, message.command, message.body);
      } else {
        counters_[shard_records::kRelayCellsDropped]++;
      }
      break;
    }
    case MessageKind::kInboundCell: {
      Circuit *circuit = find_circuit(message.circuit);
      if (circuit != nullptr && circuit->foreign_next == message.other && !circuit->hop.is_none()) {
        inbound(*circuit, message.body);
      } else {
        counters_[shard_records::kRelayCellsDropped]++;
      }
      break;
    }
    case MessageKind::kSplicedCell: {
      Circuit *circuit = find_circuit(message.circuit);
      if (circuit != nullptr && !circuit->hop.is_none()) {
        inbound(*circuit, message.body);
      } else {
        counters_[shard_records::kRelayCellsDropped]++;
        tell(from, {MessageKind::kUnspliced, 0, 0, message.other, message.circuit});
      }
      break;
    }
    case MessageKind::kBind: {
      Channel *channel = find_channel(message.other);
      if (channel == nullptr) {
        tell(from, {MessageKind::kUnlinked, 0, message.circ_id, message.circuit, message.other});
        break;
      }
      auto *end = new CircuitEnd;
      end->handle = message.circuit;
      end->home = from;
      end->side = Side::kNext;
      attach(*end, *channel, message.circ_id);
      break;
    }
    case MessageKind::kUnbind: {
      Channel *channel = find_channel(message.other);
      CircuitEnd *end = channel == nullptr ? nullptr : channel->find(message.circ_id);
      if (end != nullptr && end->circuit == nullptr && end->handle == message.circuit) release(*end);
      break;
    }
    case MessageKind::kUnlinked: {
      Circuit *circuit = find_circuit(message.circuit);
      if (circuit == nullptr || circuit->foreign_next != message.other) break;
      if (circuit->foreign_circ_id == message.circ_id) circuit->foreign_next = kNoHandle;
      break;
    }
    case MessageKind::kUnspliced: {
      Circuit *circuit = find_circuit(message.circuit);
      if (circuit == nullptr || circuit->spliced_handle != message.other || circuit->spliced != nullptr) break;
      circuit->spliced_handle = kNoHandle;
      break;
    }
  }
}

void Shard::forget_departed() {
  Exchange &exchange = *settings_.exchange;
  seen_departures_ = exchange.departures();
  std::vector<bool> has_departed(kShardsMax);
  for (std::size_t shard = 0; shard < seen_departures_of_.size(); shard++) {
    const std::uint32_t departures = exchange.departures_of(static_cast<std::uint8_t>(shard));
    has_departed[shard] = departures != seen_departures_of_[shard];
    seen_departures_of_[shard] = departures;
    if (has_departed[shard]) outgoing_[shard].waiting.clear();
  }
  circuits_.each([&](CircuitHandle, Circuit *circuit) {
    if (circuit->foreign_next != kNoHandle && has_departed[shard_of(circuit->foreign_next)]) {
      circuit->foreign_next = kNoHandle;
    }
    if (circuit->spliced_handle != kNoHandle && circuit->spliced == nullptr && has_departed[circuit->spliced_home]) {
      circuit->spliced_handle = kNoHandle;
    }
  });
  std::vector<CircuitEnd *> orphans;
  channels_.each([&](ChannelHandle, Channel *channel) {
    channel->ends.each([&](std::uint32_t, CircuitEnd *end) {
      if (end->circuit == nullptr && has_departed[end->home]) orphans.push_back(end);
    });
  });
  for (CircuitEnd *end : orphans) release(*end);
}

}  // namespace ramson
