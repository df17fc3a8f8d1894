// Counter Galois Onion (proposal 359) at either end of a hop: what the TypeScript interfaces CgoRelay and CgoOrigin
// promise, without Node. Whoever owns one calls it from one thread at a time.
//
// UIV+, the wide-block cipher underneath, takes a body as X_L (16 octets) and X_R (493):
//   encipher:  Y_L = ET(J, H | command | X_R, X_L)       Y_R = X_R xor PRF(S, Y_L, 0)
//   decipher:  X_R = Y_R xor PRF(S, Y_L, 0)              X_L = ET^-1(J, H | command | X_R, Y_L)
// ET is AES with a mask before and after that is POLYVAL of the tweak. PRF is AES in counter mode from POLYVAL on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../generated/cell_layout.h"
#include "../kernels/kernel.h"

namespace ramson {

inline constexpr std::size_t kCgoBodySize = cell_layout::kFixedCellBodySize;
inline constexpr std::size_t kCgoTagSize = 16;
/// J (32), S (32) and N (16) of one direction.
inline constexpr std::size_t kCgoDirectionKeySize = 80;

/// One direction of a hop at one end of it. Plain memory without a destructor: CgoHop wipes it.
class CgoDirection {
 public:
  void start(const Kernel &kernel, const std::uint8_t *material, const std::uint8_t *tweak);
  void encipher(const Kernel &kernel, std::uint8_t command, std::uint8_t *body);
  void decipher(const Kernel &kernel, std::uint8_t command, std::uint8_t *body);
  /// True, in constant time, when the tag is this hop's nonce.
  bool is_nonce(const std::uint8_t *tag) const;
  const std::uint8_t *nonce() const { return nonce_; }
  void set_nonce(const std::uint8_t *tag);
  /// Replaces keys and nonce by what they make of the nonce.
  void update(const Kernel &kernel);

 private:
  void set_keys(const Kernel &kernel, const std::uint8_t *keys);
  void mask_of(const Kernel &kernel, std::uint8_t command, const std::uint8_t *right, std::uint8_t *mask) const;
  void add_stream(const Kernel &kernel, const std::uint8_t *input, std::uint8_t first_block, std::uint8_t *data,
                  std::size_t size);

  AesKey block_key_;        // J, the AES half
  PolyvalKey tweak_hash_;   // J, the POLYVAL half
  AesCtr stream_;           // S, the AES half
  PolyvalKey stream_hash_;  // S, the POLYVAL half: its first power alone
  std::uint8_t nonce_[kCgoTagSize];
  std::uint8_t tweak_[kCgoTagSize];  // T': the tag of the cell before
};

/// Relays encipher and origins decipher, whichever way a cell goes.
enum class CgoEnd : std::uint8_t { kRelay, kOrigin };

class CgoHop {
 public:
  /// `material`: both directions, outbound first. `tweaks`: T' of both.
  CgoHop(const Kernel &kernel, CgoEnd end, const std::uint8_t *material, const std::uint8_t *tweaks);
  /// Wipes everything, so that the memory given back holds no key.
  ~CgoHop();
  CgoHop(const CgoHop &) = delete;
  CgoHop &operator=(const CgoHop &) = delete;

  /// At a relay: true when the cell is for us. At an origin: adds a layer; always false.
  bool outbound(std::uint8_t command, std::uint8_t *body);
  /// At a relay: adds a layer; always false. At an origin: true when the cell comes from this hop.
  bool inbound(std::uint8_t command, std::uint8_t *body);
  /// A cell of this end for the other; its first 16 octets are overwritten.
  void originate(std::uint8_t command, std::uint8_t *body);
  /// The tag of the cell last originated or recognized; null before the first.
  const std::uint8_t *tag() const { return has_tag_ ? tag_ : nullptr; }

 private:
  void keep_tag(const std::uint8_t *tag);

  CgoDirection outbound_, inbound_;
  const Kernel *kernel_;
  CgoEnd end_;
  bool has_tag_;
  std::uint8_t tag_[kCgoTagSize];
};

}  // namespace ramson
