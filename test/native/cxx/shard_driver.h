// What the tests of shards share: commands and events as records, cells as octets, keys and the origin's end of a hop.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "crypto/relay_direction.h"
#include "shard/shard.h"
#include "suite.h"

namespace ramson::test {

namespace records = shard_records;

/// Commands in the form in which they cross from TypeScript.
class Commands {
 public:
  Commands &add(records::CommandKind kind, const RecordHead &head, const Octets &payload = {});
  Commands &open_relay(CircuitHandle circuit, ChannelHandle channel, std::uint32_t circ_id, const Octets &material,
                       std::uint32_t counter = records::kNoCounter);
  Commands &open_origin(CircuitHandle circuit, ChannelHandle channel, std::uint32_t circ_id);
  Commands &link_next(CircuitHandle circuit, ChannelHandle channel, std::uint32_t circ_id);
  Commands &splice(CircuitHandle circuit, CircuitHandle other, std::uint8_t other_home);
  Commands &originate(CircuitHandle circuit, const Octets &body, bool wants_tag = false);
  Commands &close(CircuitHandle circuit);
  Commands &limits(std::uint32_t circuit_cells_max, std::uint32_t outbound_cells_max, std::uint32_t half_life_ms);
  /// Carries them out, and begins anew.
  bool send(Shard &shard);
  Octets &octets() { return octets_; }

 private:
  Octets octets_;
};

/// One event.
struct Event {
  std::uint8_t kind, flags, command, code;
  std::uint32_t circ_id, number;
  std::uint64_t subject;
  Octets payload;
  bool operator==(const Event &) const = default;
};

std::vector<Event> take_events(RecordBuffer &buffer);

/// A fixed cell, on the wire.
Octets cell(bool is_wide, std::uint32_t circ_id, std::uint8_t command, const Octets &body);
/// What a channel has to send, `room` octets at most.
Octets take_all(Shard &shard, std::uint32_t slot, std::size_t room = SIZE_MAX);

struct TakenCell {
  std::uint32_t circ_id;
  std::uint8_t command;
  Octets body;
};
std::vector<TakenCell> cells_of(const Octets &octets, bool is_wide);

/// The four keys of a hop, and both ends' states made from them.
struct HopKeys {
  explicit HopKeys(Random &random) : material(random.octets(kTor1MaterialSize)) {}
  std::unique_ptr<RelayDirection> outbound(const Kernel &kernel) const {
    return direction(kernel, material.data(), material.data() + 40);
  }
  std::unique_ptr<RelayDirection> inbound(const Kernel &kernel) const {
    return direction(kernel, material.data() + 20, material.data() + 56);
  }
  Octets material;

 private:
  static std::unique_ptr<RelayDirection> direction(const Kernel &kernel, const std::uint8_t *seed,
                                                   const std::uint8_t *key) {
    return std::unique_ptr<RelayDirection>(new RelayDirection(kernel, RelayAlgorithm::kTor1, seed, key));
  }
};

inline std::uint8_t number_of(cell_layout::ChannelCommand command) { return static_cast<std::uint8_t>(command); }

}  // namespace ramson::test
