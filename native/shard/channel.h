// A channel as its shard sees it: where its octets come in, where its circuits are, and what waits for it.
#pragma once

#include <cstdint>

#include "../relay/number_table.h"
#include "cell_framer.h"
#include "outbox.h"

namespace ramson {

struct Channel {
  /// Link protocols that brought wide circ_ids and channel padding.
  static constexpr unsigned kWideFrom = 4, kPaddingFrom = 5;

  Channel(ChannelHandle handle, std::uint32_t slot, unsigned link_version)
      : handle(handle),
        slot(slot),
        is_wide(link_version >= kWideFrom),
        is_padding_enabled(link_version >= kPaddingFrom),
        framer(is_wide) {}

  /// Octets of a cell on this channel.
  std::size_t cell_size() const { return is_wide ? cell_layout::kFixedCellSize : cell_layout::kNarrowFixedCellSize; }

  /// The end with a circ_id; cells of one circuit often come in a row.
  CircuitEnd *find(std::uint32_t circ_id) {
    if (last_found == nullptr || last_found->circ_id != circ_id) last_found = ends.find(circ_id);
    return last_found;
  }

  const ChannelHandle handle;
  const std::uint32_t slot;
  /// Circ_ids have four octets.
  const bool is_wide;
  /// As the two ends agreed last; only counted by.
  bool is_padding_enabled;
  /// A relay cell was put into the outbox.
  bool is_used = false;
  /// Something ended it; nothing goes in or out until it is closed.
  bool is_dead = false;
  /// It is among those that have got something to send.
  bool is_dirty = false;
  CircIdTable<CircuitEnd> ends;
  CircuitEnd *last_found = nullptr;
  CellFramer framer;
  Outbox outbox;
};

}  // namespace ramson
