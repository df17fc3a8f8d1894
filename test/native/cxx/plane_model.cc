#include "plane_model.h"

namespace ramson::test {
namespace {

using cell_layout::ChannelCommand;
using records::EventKind;
using records::LinkEventKind;

constexpr auto kRelay = static_cast<std::uint8_t>(ChannelCommand::kRelay);
constexpr auto kRelayEarly = static_cast<std::uint8_t>(ChannelCommand::kRelayEarly);

Event event(EventKind kind, std::uint64_t subject, Octets payload = {}) {
  return {static_cast<std::uint8_t>(kind), 0, 0, 0, 0, 0, subject, std::move(payload)};
}

Octets joined(Octets octets, const std::uint8_t *more) {
  octets.insert(octets.end(), more, more + kRelayTagSize);
  return octets;
}

}  // namespace

void PlaneModel::close_channel(ChannelHandle handle) {
  auto &circuits = channels_.at(handle).circuits;
  while (!circuits.empty()) {
    const auto [circuit, side] = circuits.begin()->second;
    if (side == Side::kNext) {
      detach(circuit->next);
    } else {
      close_circuit(circuit->handle);
    }
  }
  channels_.erase(handle);
}

void PlaneModel::send_cell(ChannelHandle channel, std::uint32_t circ_id, std::uint8_t command, const Octets &body) {
  if (command == number_of(ChannelCommand::kDestroy)) count(records::kDestroyCellsSent);
  const auto found = channels_.find(channel);
  if (found == channels_.end() || found->second.is_dead) return;
  Octets padded = body;
  padded.resize(kRelayBodySize);
  found->second.control.push_back({circ_id, command, padded});
}

PlaneModel::Circuit *PlaneModel::add(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id, Side side) {
  if (channels_.count(channel) == 0) return nullptr;
  auto &circuit = circuits_[handle];
  circuit.reset(new Circuit{.handle = handle, .out = {}, .in = {}, .prev = {}, .next = {}});
  attach(*circuit, circuit->prev, side, channel, circ_id);
  return circuit.get();
}

void PlaneModel::open_relay(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id, const HopKeys &keys) {
  Circuit *circuit = add(handle, channel, circ_id, Side::kPrev);
  if (circuit == nullptr) return;
  circuit->out = keys.outbound(kernel_);
  circuit->in = keys.inbound(kernel_);
}

void PlaneModel::open_origin(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id) {
  add(handle, channel, circ_id, Side::kFirstHop);
}

void PlaneModel::attach(Circuit &circuit, End &end, Side side, ChannelHandle channel, std::uint32_t circ_id) {
  auto &circuits = channels_.at(channel).circuits;
  const auto before = circuits.find(circ_id);
  if (before != circuits.end()) {
    const auto [other, other_side] = before->second;
    detach(other_side == Side::kNext ? other->next : other->prev);
  }
  end.channel = channel;
  end.circ_id = circ_id;
  circuits[circ_id] = {&circuit, side};
}

void PlaneModel::detach(End &end) {
  if (end.channel == kNoHandle) return;
  channels_.at(end.channel).circuits.erase(end.circ_id);
  end = {};
}

void PlaneModel::link_next(CircuitHandle handle, ChannelHandle channel, std::uint32_t circ_id) {
  const auto found = circuits_.find(handle);
  if (found == circuits_.end() || found->second->in == nullptr || channels_.count(channel) == 0) return;
  detach(found->second->next);
  attach(*found->second, found->second->next, Side::kNext, channel, circ_id);
}

void PlaneModel::unlink_next(CircuitHandle handle) {
  const auto found = circuits_.find(handle);
  if (found != circuits_.end()) detach(found->second->next);
}

void PlaneModel::splice(CircuitHandle a, CircuitHandle b) {
  const auto first = circuits_.find(a), second = circuits_.find(b);
  if (first == circuits_.end() || second == circuits_.end() || a == b) return;
  if (first->second->out == nullptr || second->second->out == nullptr) return;
  for (Circuit *circuit : {first->second.get(), second->second.get()}) {
    if (circuit->spliced != nullptr) circuit->spliced->spliced = nullptr;
    circuit->spliced = nullptr;
  }
  first->second->spliced = second->second.get();
  second->second->spliced = first->second.get();
}

void PlaneModel::originate(CircuitHandle handle, Octets body, bool wants_tag) {
  const auto found = circuits_.find(handle);
  if (found == circuits_.end()) return;
  Circuit &circuit = *found->second;
  if (circuit.in == nullptr || circuit.is_dead) return;
  circuit.in->seal(body.data());
  circuit.in->crypt(body.data());
  count(records::kRelayCellsOriginated);
  if (wants_tag) {
    events_.push_back(event(EventKind::kOriginatedTag, handle, joined({}, circuit.in->tag())));
  }
  put(circuit, circuit.prev, false, kRelay, body);
}

void PlaneModel::send_origin_cell(CircuitHandle handle, const Octets &body, bool early) {
  const auto found = circuits_.find(handle);
  if (found == circuits_.end() || found->second->in != nullptr) return;
  put(*found->second, found->second->prev, true, early ? kRelayEarly : kRelay, body);
}

bool PlaneModel::await_drained(CircuitHandle handle) {
  const auto found = circuits_.find(handle);
  if (found == circuits_.end() || found->second->prev.queue.size() <= records::kDrainedAtCells) return false;
  found->second->is_awaited = true;
  return true;
}

void PlaneModel::close_circuit(CircuitHandle handle) {
  const auto found = circuits_.find(handle);
  if (found == circuits_.end()) return;
  Circuit &circuit = *found->second;
  detach(circuit.prev);
  detach(circuit.next);
  if (circuit.spliced != nullptr) circuit.spliced->spliced = nullptr;
  circuits_.erase(found);
}

void PlaneModel::cell(ChannelHandle handle, std::uint32_t circ_id, std::uint8_t command, Octets body) {
  Channel &channel = channels_.at(handle);
  if (channel.is_dead) return;
  count(records::kCellsReceived);
  switch (static_cast<ChannelCommand>(command)) {
    case ChannelCommand::kRelay:
    case ChannelCommand::kRelayEarly: {
      const auto found = channel.circuits.find(circ_id);
      if (found == channel.circuits.end() || found->second.first->is_dead) return count(records::kRelayCellsDropped);
      auto [circuit, side] = found->second;
      const bool early = command == kRelayEarly;
      if (side == Side::kPrev) return outbound(*circuit, early, body);
      if (early) return violation(*circuit, records::Violation::kRelayEarlyInbound);
      if (side == Side::kNext) return inbound(*circuit, body);
      events_.push_back(event(EventKind::kOriginCell, circuit->handle, body));
      return;
    }
    case ChannelCommand::kCreate:
    case ChannelCommand::kCreated:
    case ChannelCommand::kCreateFast:
    case ChannelCommand::kCreatedFast:
    case ChannelCommand::kCreate2:
    case ChannelCommand::kCreated2:
    case ChannelCommand::kDestroy: {
      Event control = event(EventKind::kControlCell, handle, body);
      control.circ_id = circ_id;
      control.command = command;
      events_.push_back(control);
      return;
    }
    case ChannelCommand::kPadding:
    case ChannelCommand::kVpadding:
      return count(records::kPaddingCellsReceived);
    case ChannelCommand::kPaddingNegotiate:
      link_events_.push_back(
          {static_cast<std::uint8_t>(LinkEventKind::kPaddingNegotiate), 0, 0, 0, 0, 0, handle, body});
      return;
    case ChannelCommand::kCerts:
    case ChannelCommand::kAuthChallenge:
    case ChannelCommand::kAuthenticate: {
      const auto code = static_cast<std::uint8_t>(records::ChannelFault::kUnexpectedCell);
      link_events_.push_back(
          {static_cast<std::uint8_t>(LinkEventKind::kChannelFault), 0, command, code, 0, 0, handle, {}});
      channel.is_dead = true;
      channel.control.clear();
      for (auto &[id, entry] : channel.circuits) {
        (entry.second == Side::kNext ? entry.first->next : entry.first->prev).queue.clear();
      }
      return;
    }
    default:
      return;
  }
}

void PlaneModel::outbound(Circuit &circuit, bool early, Octets &body) {
  count(records::kRelayCellsOutbound);
  if (early && ++circuit.early_cells > 8) return violation(circuit, records::Violation::kRelayEarlyExceeded);
  circuit.out->crypt(body.data());
  if (circuit.out->recognize(body.data())) {
    count(records::kRelayCellsRecognized);
    Event recognized = event(EventKind::kRecognized, circuit.handle, joined(body, circuit.out->tag()));
    recognized.flags = early ? 1 : 0;
    events_.push_back(recognized);
  } else if (circuit.spliced != nullptr) {
    inbound(*circuit.spliced, body);
  } else if (circuit.next.channel != kNoHandle) {
    put(circuit, circuit.next, true, early ? kRelayEarly : kRelay, body);
  } else {
    violation(circuit, records::Violation::kUnrecognizedAtEnd);
  }
}

void PlaneModel::inbound(Circuit &circuit, Octets &body) {
  if (circuit.is_dead) return count(records::kRelayCellsDropped);
  count(records::kRelayCellsInbound);
  circuit.in->crypt(body.data());
  put(circuit, circuit.prev, false, kRelay, body);
}

void PlaneModel::put(Circuit &circuit, End &end, bool is_outbound, std::uint8_t command, const Octets &body) {
  if (end.channel == kNoHandle || circuit.is_dead || channels_.at(end.channel).is_dead) return;
  if (end.queue.size() >= (is_outbound ? outbound_cells_max_ : circuit_cells_max_)) {
    count(records::kOutboxOverflows);
    violation(circuit, is_outbound ? records::Violation::kOutboundQueueFull : records::Violation::kQueueFull);
    return;
  }
  end.queue.emplace_back(command, body);
}

void PlaneModel::violation(Circuit &circuit, records::Violation code) {
  count(records::kViolations);
  Event violated = event(EventKind::kViolation, circuit.handle);
  violated.code = static_cast<std::uint8_t>(code);
  events_.push_back(violated);
  circuit.is_dead = true;
}

bool PlaneModel::taken(ChannelHandle handle, const TakenCell &cell) {
  Channel &channel = channels_.at(handle);
  count(records::kCellsSent);
  if (!channel.control.empty()) {
    const TakenCell wanted = channel.control.front();
    channel.control.pop_front();
    return wanted.circ_id == cell.circ_id && wanted.command == cell.command && wanted.body == cell.body;
  }
  const auto found = channel.circuits.find(cell.circ_id);
  if (found == channel.circuits.end()) return false;
  auto [circuit, side] = found->second;
  End &end = side == Side::kNext ? circuit->next : circuit->prev;
  if (end.queue.empty()) return false;
  const auto [command, body] = std::move(end.queue.front());
  end.queue.pop_front();
  if (side != Side::kNext && circuit->is_awaited && end.queue.size() <= records::kDrainedAtCells) {
    circuit->is_awaited = false;
    events_.push_back(event(EventKind::kDrained, circuit->handle));
  }
  return command == cell.command && body == cell.body;
}

std::size_t PlaneModel::waiting(ChannelHandle handle) const {
  const Channel &channel = channels_.at(handle);
  std::size_t cells = channel.control.size();
  for (const auto &[circ_id, entry] : channel.circuits) {
    cells += (entry.second == Side::kNext ? entry.first->next : entry.first->prev).queue.size();
  }
  return cells;
}

}  // namespace ramson::test
