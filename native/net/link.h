// One TLS connection whose handshake is over, as the socket loop has it. What an idle one takes is this struct: room
// for records is borrowed from the loop while there is something in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../tls/record_layer.h"
#include "link_rate_limit.h"

namespace ramson {

struct SocketLink {
  SocketLink(std::uint32_t slot, std::uint64_t channel, int descriptor)
      : channel(channel), slot(slot), descriptor(descriptor) {}

  const std::uint64_t channel;
  const std::uint32_t slot;
  const int descriptor;
  RecordOpener opener;
  RecordSealer sealer;

  /// The beginning of a record, in a block of the loop's; null when there is none.
  std::unique_ptr<std::uint8_t[]> partial;
  std::size_t partial_size = 0;
  /// Plaintext that the shard could not take yet, and what came behind it, still sealed.
  std::vector<std::uint8_t> held, behind;
  /// Records that the socket did not take yet, from `unsent_at` on.
  std::vector<std::uint8_t> unsent;
  std::size_t unsent_at = 0;

  /// Of its own, for a peer that did not authenticate.
  bool has_rate_limit = false;
  bool is_private = false;
  LinkRateLimit read_limit, write_limit;

  /// KIST: octets that the kernel may get before it is asked again, and when it was asked.
  double kernel_room = 0, kernel_asked_ms = 0;

  std::uint64_t used_at_ms = 0, wrote_at_ms = 0;
  /// Of cells, since it was adopted.
  std::uint64_t octets_read = 0, octets_written = 0;
  /// What the poll was asked to tell of it.
  std::uint32_t watched = 0;
  bool is_holding = false;
  bool is_read_limited = false;
  bool is_write_limited = false;
  /// KIST: its kernel had enough, and is asked again at the next tick.
  bool is_paced = false;
  /// Among those to be flushed.
  bool is_due = false;
  bool owes_key_update = false;
  bool has_ended = false;

  std::size_t unsent_size() const { return unsent.size() - unsent_at; }
  bool is_limited() const { return is_read_limited || is_write_limited; }
  bool reads() const { return !is_holding && !is_read_limited && !has_ended; }
};

}  // namespace ramson
