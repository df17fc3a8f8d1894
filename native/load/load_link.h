// One TLS connection of the load generator whose handshakes are over: records opened and sealed where they lie, cells
// given where they lie in what was opened, and what the socket does not take yet.
//
//   recv ─▶ records opened in place ─▶ each fixed-size cell, a cut one by itself       records sealed elsewhere ─▶ send
//
// Nothing is allocated once it is made. One thread owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "../generated/cell_layout.h"
#include "../tls/record_layer.h"

namespace ramson {

inline constexpr std::size_t kLoadCell = cell_layout::kFixedCellSize;
/// What one recv may bring.
inline constexpr std::size_t kLoadReadMax = 128 * 1024;
/// Where octets are received: what was left of the last record lies before what comes.
inline constexpr std::size_t kLoadReadRoom = kRecordSizeMax + kLoadReadMax;
/// What one send may take.
inline constexpr std::size_t kLoadSendMax = 128 * 1024;

/// Why a run cannot go on. Mirror of NativeLoadFault in src/crypto/binding.ts.
enum class LoadFault : std::uint8_t {
  kNone,
  kLinkClosed,      // by the peer, or by the system
  kBadRecord,       // a record that does not open, or a fatal alert
  kCircuitClosed,   // DESTROY
  kStrangeCircuit,  // a relay cell on a circuit that no flow comes out of
  kAltered,         // a cell other than the one that went in, or than the next of its flow
  kBlocked          // a link takes no more, though the pace wants it to
};

/// One direction of a connection: its traffic secret, and how many records have gone under it.
struct LoadKey {
  const std::uint8_t *secret;
  std::uint64_t sequence;
};

struct LoadConnection {
  /// Belongs to the link from now on.
  int descriptor;
  TlsSuite suite;
  TlsEnd end;
  LoadKey reading, writing;
  /// The beginning of a cut cell, and what came from the socket behind it, still sealed.
  std::span<const std::uint8_t> held, behind;
};

class LoadLink {
 public:
  /// Whether `held` is the beginning of a fixed-size cell, and `behind` no more than there is room for.
  static bool accepts(const LoadConnection &connection);

  /// A connection that is accepted.
  LoadLink(const Kernel &kernel, const LoadConnection &connection);
  ~LoadLink();
  LoadLink(const LoadLink &) = delete;
  LoadLink &operator=(const LoadLink &) = delete;

  int descriptor() const { return descriptor_; }
  RecordSealer &sealer() { return sealer_; }
  /// The peer wants our key renewed: send_key_update().
  bool owes_key_update() const { return owes_key_update_; }

  /// Receives once, with `room` of kLoadReadRoom octets to do so, and calls `take` (of std::uint8_t *, gives a
  /// LoadFault) with every fixed-size cell, which it may change in place.
  template <typename Take>
  LoadFault read(std::uint8_t *room, Take &&take) {
    std::size_t size = 0;
    const LoadFault fault = receive(room, size);
    if (fault != LoadFault::kNone || size == 0) return fault;
    return open({room, size}, take);
  }
  /// The same with what came from the socket before the link was made; to be called first.
  template <typename Take>
  LoadFault read_behind(std::span<const std::uint8_t> behind, std::uint8_t *room, Take &&take) {
    if (behind.empty()) return LoadFault::kNone;
    std::memcpy(room, behind.data(), behind.size());
    return open({room, behind.size()}, take);
  }

  /// Sends records of ours, kLoadSendMax octets at most, while nothing is unsent; keeps what the socket does not take.
  LoadFault send(const std::uint8_t *octets, std::size_t size);
  /// Keeps records behind those that are unsent already. kBlocked where there is no room.
  LoadFault keep(const std::uint8_t *octets, std::size_t size);
  LoadFault send_unsent();
  /// Answers owes_key_update().
  LoadFault send_key_update();
  std::size_t unsent_size() const { return unsent_end_ - unsent_at_; }

 private:
  template <typename Take>
  LoadFault open(std::span<std::uint8_t> octets, Take &take) {
    for (;;) {
      std::span<std::uint8_t> data;
      switch (opener_.next(octets, data)) {
        case RecordOpener::Next::kData: {
          const LoadFault fault = split(data, take);
          if (fault != LoadFault::kNone) return fault;
          break;
        }
        case RecordOpener::Next::kMore:
          partial_size_ = octets.size();
          std::memcpy(partial_.get(), octets.data(), octets.size());
          return LoadFault::kNone;
        case RecordOpener::Next::kKeyUpdate:
          owes_key_update_ = true;
          break;
        case RecordOpener::Next::kClosed:
          return LoadFault::kLinkClosed;
        case RecordOpener::Next::kAborted:
        case RecordOpener::Next::kFault:
          return LoadFault::kBadRecord;
      }
    }
  }

  template <typename Take>
  LoadFault split(std::span<std::uint8_t> data, Take &take) {
    LoadFault fault = LoadFault::kNone;
    while (!data.empty() && fault == LoadFault::kNone) {
      if (skipped_ > 0) {
        const std::size_t octets = data.size() < skipped_ ? data.size() : skipped_;
        skipped_ -= octets;
        data = data.subspan(octets);
      } else if (held_size_ == 0 && data.size() >= kLoadCell && !is_variable(data.data())) {
        fault = take(data.data());
        data = data.subspan(kLoadCell);
      } else if (gather(data)) {
        held_size_ = 0;
        fault = take(static_cast<std::uint8_t *>(held_));
      }
    }
    return fault;
  }

  static bool is_variable(const std::uint8_t *cell);
  /// Moves octets of a cut cell to `held_`; true when it is whole. A variable-length one is skipped.
  bool gather(std::span<std::uint8_t> &data);
  LoadFault receive(std::uint8_t *room, std::size_t &size);

  const int descriptor_;
  RecordOpener opener_;
  RecordSealer sealer_;
  std::unique_ptr<std::uint8_t[]> partial_, unsent_;
  std::size_t partial_size_ = 0;
  std::size_t unsent_at_ = 0, unsent_end_ = 0;
  std::size_t skipped_ = 0, held_size_ = 0;
  bool owes_key_update_ = false;
  std::uint8_t held_[kLoadCell];
};

}  // namespace ramson
