// The cryptography of one relay circuit, whatever its algorithm, and the one step of the relay path that is about
// nothing else: what to do with an outbound cell (tor-spec 5.5.2, 5.6). Knows no channels and no queues.
#pragma once

#include <cstdint>
#include <memory>

#include "../crypto/cgo.h"
#include "tor1_hop.h"

namespace ramson {

/// tor-spec 5.6: RELAY_EARLY cells a circuit may carry outbound.
inline constexpr std::uint8_t kRelayEarlyMax = 8;

/// What came of an outbound cell. On kPasses it belongs to whatever lies beyond this hop.
enum class Outbound : std::uint8_t { kPasses, kRecognized, kTooManyEarly };

/// The digest by which a SENDME names a cell.
struct CellTag {
  std::uint8_t octets[kRelayTagSize];
  std::size_t size;
};

class RelayHop {
 public:
  /// None: a circuit that we built, whose cryptography is the control plane's.
  RelayHop() = default;
  explicit RelayHop(std::unique_ptr<Tor1Hop> tor1) : tor1_(std::move(tor1)) {}
  explicit RelayHop(std::unique_ptr<CgoHop> cgo) : cgo_(std::move(cgo)) {}

  bool is_none() const { return tor1_ == nullptr && cgo_ == nullptr; }

  Outbound outbound(const Kernel &kernel, bool early, std::uint8_t *body, CellTag &tag) {
    if (early && ++early_cells_ > kRelayEarlyMax) {
      early_cells_ = kRelayEarlyMax;
      return Outbound::kTooManyEarly;
    }
    const bool recognized = tor1_ != nullptr ? outbound_tor1(kernel, body, tag) : outbound_cgo(early, body, tag);
    return recognized ? Outbound::kRecognized : Outbound::kPasses;
  }

  /// Encrypts a body towards the origin; it travels in a RELAY cell.
  void inbound(const Kernel &kernel, std::uint8_t *body) {
    if (tor1_ != nullptr) {
      tor1_->inbound(kernel, body);
    } else {
      cgo_->inbound(kRelayCommand, body);
    }
  }

  void originate(const Kernel &kernel, std::uint8_t *body, CellTag &tag) {
    if (tor1_ != nullptr) {
      tor1_->originate(kernel, body, tag.octets);
      tag.size = kRelayTagSize;
    } else {
      cgo_->originate(kRelayCommand, body);
      keep_cgo_tag(tag);
    }
  }

  void prefetch_outbound() const {
    if (tor1_ != nullptr) tor1_->prefetch_outbound();
  }
  void prefetch_inbound() const {
    if (tor1_ != nullptr) tor1_->prefetch_inbound();
  }

 private:
  static constexpr auto kRelayCommand = static_cast<std::uint8_t>(cell_layout::ChannelCommand::kRelay);
  static constexpr auto kEarlyCommand = static_cast<std::uint8_t>(cell_layout::ChannelCommand::kRelayEarly);

  bool outbound_tor1(const Kernel &kernel, std::uint8_t *body, CellTag &tag) {
    tag.size = kRelayTagSize;
    return tor1_->outbound(kernel, body, tag.octets);
  }

  bool outbound_cgo(bool early, std::uint8_t *body, CellTag &tag) {
    if (!cgo_->outbound(early ? kEarlyCommand : kRelayCommand, body)) return false;
    keep_cgo_tag(tag);
    return true;
  }

  void keep_cgo_tag(CellTag &tag) const {
    static_assert(kCgoTagSize <= sizeof tag.octets);
    for (std::size_t i = 0; i < kCgoTagSize; i++) tag.octets[i] = cgo_->tag()[i];
    tag.size = kCgoTagSize;
  }

  std::unique_ptr<Tor1Hop> tor1_;
  std::unique_ptr<CgoHop> cgo_;
  std::uint8_t early_cells_ = 0;
};

}  // namespace ramson
