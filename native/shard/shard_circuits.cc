// Channels, circuits and their ends in a shard: how they come, how they belong together, and how they go.

#include <cmath>

#include "shard.h"

namespace ramson {

std::unique_ptr<Shard> Shard::open(const ShardSettings &settings) {
  if (settings.index >= settings.shards || !settings.exchange->take_seat(settings.index)) return nullptr;
  return std::unique_ptr<Shard>(new Shard(settings));
}

Shard::Shard(const ShardSettings &settings)
    : settings_(settings),
      outgoing_(settings.shards),
      seen_departures_of_(settings.shards),
      seen_departures_(settings.exchange->departures()) {
  for (std::size_t shard = 0; shard < settings.shards; shard++) {
    seen_departures_of_[shard] = settings.exchange->departures_of(static_cast<std::uint8_t>(shard));
  }
}

Shard::~Shard() {
  for (std::uint32_t slot = 0; slot < slots_.size(); slot++) {
    if (slots_[slot] != nullptr) channel_close(slot);
  }
  // Circuits whose own channel was taken from them by another of the same circ_id.
  std::vector<Circuit *> left;
  circuits_.each([&](CircuitHandle, Circuit *circuit) { left.push_back(circuit); });
  for (Circuit *circuit : left) forget(*circuit);
  publish();
  settings_.exchange->leave_seat(settings_.index);
}

std::uint32_t Shard::channel_open(ChannelHandle handle, unsigned link_version) {
  if (shard_of(handle) != settings_.index || find_channel(handle) != nullptr) return kNoSlot;
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot].reset(new Channel(handle, slot, link_version));
  channels_.put(handle, slots_[slot].get());
  return slot;
}

bool Shard::channel_close(std::uint32_t slot) {
  if (slot >= slots_.size() || slots_[slot] == nullptr) return false;
  settings_.exchange->stay_awake(settings_.index);
  Channel &channel = *slots_[slot];
  // Next hops first, because a circuit may come in and go on on the same channel and is gone with its first end.
  std::vector<CircuitEnd *> next, own;
  channel.ends.each([&](std::uint32_t, CircuitEnd *end) { (end->side == Side::kNext ? next : own).push_back(end); });
  for (CircuitEnd *end : next) {
    if (end->circuit != nullptr) {
      unlink_next(*end->circuit);
    } else {
      tell(end->home, {MessageKind::kUnlinked, 0, end->circ_id, end->handle, channel.handle});
      release(*end);
    }
  }
  for (CircuitEnd *end : own) forget(*end->circuit);
  queued_cells_ -= channel.outbox.clear(pool_);
  channel.framer.close(pool_);
  channels_.remove(channel.handle);
  slots_[slot].reset();
  free_slots_.push_back(slot);
  return true;
}

Circuit *Shard::add_circuit(CircuitHandle handle, Side side, RelayHop hop, std::uint32_t counter) {
  auto *circuit = new Circuit(handle, settings_.index, side, std::move(hop));
  circuits_.put(handle, circuit);
  const std::size_t first = std::size_t{counter} * shard_records::kQueueCounterWords;
  if (counter != shard_records::kNoCounter &&
      first + shard_records::kQueueCounterWords <= settings_.queue_counter_words) {
    circuit->counter = counter;
    circuit->prev.is_counted = true;
    // The control plane may await already what it has sent in the meantime.
    for (const std::size_t word : {shard_records::kQueuedWord, shard_records::kOriginatedWord}) {
      queue_counter(circuit->prev, word).store(0, std::memory_order_relaxed);
    }
  }
  // It begins as quiet as a circuit can be, and gets no more than its share of turns for that.
  circuit->prev.activity = circuit->next.activity = 0;
  return circuit;
}

void Shard::attach(CircuitEnd &end, Channel &channel, std::uint32_t circ_id) {
  end.channel = &channel;
  end.circ_id = circ_id;
  CircuitEnd *before = channel.ends.put(circ_id, &end);
  channel.last_found = nullptr;
  channel.outbox.make_room(channel.ends.size());
  if (before == nullptr || before == &end) return;
  if (before->circuit == nullptr) {
    tell(before->home, {MessageKind::kUnlinked, 0, circ_id, before->handle, channel.handle});
  }
  let_go(*before);
}

void Shard::release(CircuitEnd &end) {
  Channel &channel = *end.channel;
  channel.ends.remove(end.circ_id);
  channel.last_found = nullptr;
  let_go(end);
  channel.outbox.make_room(channel.ends.size());
}

void Shard::let_go(CircuitEnd &end) {
  if (measures_waits_) tell_waits(end);
  queued_cells_ -= end.channel->outbox.drop(end, pool_);
  if (end.is_counted) tell_queue(end);
  end.channel = nullptr;
  if (end.circuit == nullptr) delete &end;
}

void Shard::unlink_next(Circuit &circuit) {
  if (circuit.next.channel != nullptr) release(circuit.next);
  if (circuit.foreign_next == kNoHandle) return;
  tell(shard_of(circuit.foreign_next),
       {MessageKind::kUnbind, 0, circuit.foreign_circ_id, circuit.handle(), circuit.foreign_next});
  circuit.foreign_next = kNoHandle;
}

void Shard::unsplice(Circuit &circuit) {
  if (circuit.spliced_handle == kNoHandle) return;
  Circuit *other = circuit.spliced;
  if (other == nullptr) {
    tell(circuit.spliced_home, {MessageKind::kUnspliced, 0, 0, circuit.spliced_handle, circuit.handle()});
  } else if (other->spliced == &circuit) {
    other->spliced = nullptr;
    other->spliced_handle = kNoHandle;
  }
  circuit.spliced = nullptr;
  circuit.spliced_handle = kNoHandle;
}

void Shard::forget(Circuit &circuit) {
  circuits_.remove(circuit.handle());
  if (circuit.prev.channel != nullptr) release(circuit.prev);
  unlink_next(circuit);
  unsplice(circuit);
  delete &circuit;
}

void Shard::set_half_life(std::uint32_t half_life_ms) {
  scale_activity(1 / weight_);
  weight_since_ms_ = now_ms_;
  weight_ = 1;
  settings_.limits.half_life_ms = half_life_ms;
}

void Shard::scale_activity(double by) {
  // One factor for all leaves every order as it is.
  circuits_.each([&](CircuitHandle, Circuit *circuit) {
    circuit->prev.activity *= by;
    circuit->next.activity *= by;
  });
  channels_.each([&](ChannelHandle, Channel *channel) {
    channel->ends.each([&](std::uint32_t, CircuitEnd *end) {
      if (end->circuit == nullptr) end->activity *= by;
    });
    channel->outbox.scale(by);
  });
}

std::size_t Shard::backlog(std::uint32_t slot) const {
  if (slot >= slots_.size() || slots_[slot] == nullptr) return 0;
  return slots_[slot]->outbox.cells() * slots_[slot]->cell_size();
}

std::size_t Shard::circuits_on(std::uint32_t slot) const {
  return slot < slots_.size() && slots_[slot] != nullptr ? slots_[slot]->ends.size() : 0;
}

bool Shard::is_used(std::uint32_t slot) const {
  return slot < slots_.size() && slots_[slot] != nullptr && slots_[slot]->is_used;
}

std::size_t Shard::queued_cells(CircuitHandle circuit) const {
  const Circuit *found = find_circuit(circuit);
  return found == nullptr ? 0 : found->prev.queue.size();
}

void Shard::write_counters(double *out) const {
  for (std::size_t i = 0; i < shard_records::kCounters; i++) out[i] = counters_[i];
  out[shard_records::kQueuedOctets] = static_cast<double>(queued_cells_ * sizeof(Cell));
  out[shard_records::kPoolOctets] = static_cast<double>(pool_.octets());
  out[shard_records::kCircuits] = static_cast<double>(circuits_.size());
  out[shard_records::kChannels] = static_cast<double>(channels_.size());
}

}  // namespace ramson
