#include "shard_driver.h"

namespace ramson::test {
namespace {

template <typename Number>
void store(std::uint8_t *at, Number number) {
  std::memcpy(at, &number, sizeof number);
}

template <typename Number>
Number load(const std::uint8_t *at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

}  // namespace

Commands &Commands::add(records::CommandKind kind, const RecordHead &head, const Octets &payload) {
  const std::size_t at = octets_.size();
  octets_.resize(at + records::record_size(payload.size()));
  std::uint8_t *octets = octets_.data() + at;
  octets[records::kKindOffset] = static_cast<std::uint8_t>(kind);
  octets[records::kFlagsOffset] = head.flags;
  octets[records::kCommandOffset] = head.command;
  octets[records::kCodeOffset] = head.code;
  store(octets + records::kCircIdOffset, head.circ_id);
  store(octets + records::kSubjectOffset, static_cast<double>(head.subject));
  store(octets + records::kObjectOffset, static_cast<double>(head.object));
  store(octets + records::kLengthOffset, static_cast<std::uint32_t>(payload.size()));
  store(octets + records::kNumberOffset, head.number);
  if (!payload.empty()) std::memcpy(octets + records::kHeadSize, payload.data(), payload.size());
  return *this;
}

Commands &Commands::open_relay(CircuitHandle circuit, ChannelHandle channel, std::uint32_t circ_id,
                               const Octets &material, std::uint32_t counter) {
  return add(records::CommandKind::kOpenRelayCircuit,
             {.circ_id = circ_id, .subject = circuit, .object = channel, .number = counter}, material);
}

Commands &Commands::open_origin(CircuitHandle circuit, ChannelHandle channel, std::uint32_t circ_id) {
  return add(records::CommandKind::kOpenOriginCircuit,
             {.circ_id = circ_id, .subject = circuit, .object = channel, .number = records::kNoCounter});
}

Commands &Commands::link_next(CircuitHandle circuit, ChannelHandle channel, std::uint32_t circ_id) {
  return add(records::CommandKind::kLinkNext, {.circ_id = circ_id, .subject = circuit, .object = channel});
}

Commands &Commands::splice(CircuitHandle circuit, CircuitHandle other, std::uint8_t other_home) {
  return add(records::CommandKind::kSplice, {.subject = circuit, .object = other, .number = other_home});
}

Commands &Commands::originate(CircuitHandle circuit, const Octets &body, bool wants_tag) {
  const auto flags = static_cast<std::uint8_t>(wants_tag ? records::RecordFlag::kWantTag : records::RecordFlag{});
  return add(records::CommandKind::kOriginate, {.flags = flags, .subject = circuit}, body);
}

Commands &Commands::close(CircuitHandle circuit) {
  return add(records::CommandKind::kCloseCircuit, {.subject = circuit});
}

Commands &Commands::limits(std::uint32_t circuit_cells_max, std::uint32_t outbound_cells_max,
                           std::uint32_t half_life_ms) {
  Octets payload(12);
  store(payload.data(), circuit_cells_max);
  store(payload.data() + 4, outbound_cells_max);
  store(payload.data() + 8, half_life_ms);
  return add(records::CommandKind::kSetLimits, {}, payload);
}

bool Commands::send(Shard &shard) {
  const bool sent = shard.commands(octets_.data(), octets_.size());
  octets_.clear();
  return sent;
}

std::vector<Event> take_events(RecordBuffer &buffer) {
  std::vector<Event> events;
  Octets octets(4096);
  for (;;) {
    const std::size_t size = buffer.take(octets.data(), octets.size());
    if (size == 0) return events;
    for (std::size_t at = 0; at < size;) {
      const std::uint8_t *record = octets.data() + at;
      const std::size_t length = load<std::uint32_t>(record + records::kLengthOffset);
      events.push_back({.kind = record[records::kKindOffset],
                        .flags = record[records::kFlagsOffset],
                        .command = record[records::kCommandOffset],
                        .code = record[records::kCodeOffset],
                        .circ_id = load<std::uint32_t>(record + records::kCircIdOffset),
                        .number = load<std::uint32_t>(record + records::kNumberOffset),
                        .subject = static_cast<std::uint64_t>(load<double>(record + records::kSubjectOffset)),
                        .payload = {record + records::kHeadSize, record + records::kHeadSize + length}});
      at += records::record_size(length);
    }
  }
}

Octets cell(bool is_wide, std::uint32_t circ_id, std::uint8_t command, const Octets &body) {
  Octets octets;
  for (int shift = is_wide ? 24 : 8; shift >= 0; shift -= 8) {
    octets.push_back(static_cast<std::uint8_t>(circ_id >> shift));
  }
  octets.push_back(command);
  octets.insert(octets.end(), body.begin(), body.end());
  octets.resize(is_wide ? cell_layout::kFixedCellSize : cell_layout::kNarrowFixedCellSize);
  return octets;
}

Octets take_all(Shard &shard, std::uint32_t slot, std::size_t room) {
  Octets all(shard.backlog(slot) < room ? shard.backlog(slot) : room);
  all.resize(shard.take(slot, all.data(), all.size()));
  return all;
}

std::vector<TakenCell> cells_of(const Octets &octets, bool is_wide) {
  std::vector<TakenCell> cells;
  const std::size_t size = is_wide ? cell_layout::kFixedCellSize : cell_layout::kNarrowFixedCellSize;
  const std::size_t width = is_wide ? 4 : 2;
  for (std::size_t at = 0; at + size <= octets.size(); at += size) {
    std::uint32_t circ_id = 0;
    for (std::size_t i = 0; i < width; i++) circ_id = circ_id << 8 | octets[at + i];
    const auto *begin = octets.data() + at;
    cells.push_back({circ_id, begin[width], Octets(begin + width + 1, begin + size)});
  }
  return cells;
}

}  // namespace ramson::test
