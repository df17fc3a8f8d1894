// A relay's end of a hop in the way of tor-spec 5.5: AES-128 in counter mode and a running SHA-1, in each direction.
// What RelayDirection does for any algorithm, here as small as it gets, because a relay holds one for every circuit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../crypto/relay_direction.h"
#include "../crypto/sha1.h"
#include "../kernels/kernel.h"

namespace ramson {

/// Df (20), Db (20), Kf (16), Kb (16), tor-spec 5.2.2.
inline constexpr std::size_t kTor1MaterialSize = 72;

class Tor1Hop {
 public:
  /// Copies from `material`.
  Tor1Hop(const Kernel &kernel, const std::uint8_t *material);
  /// Wipes everything, so that the memory given back holds no key.
  ~Tor1Hop();
  Tor1Hop(const Tor1Hop &) = delete;
  Tor1Hop &operator=(const Tor1Hop &) = delete;

  /// Decrypts a body of 509 octets in place. True when the message is for this hop: `tag` is then its digest (20
  /// octets).
  bool outbound(const Kernel &kernel, std::uint8_t *body, std::uint8_t *tag) {
    kernel.aes_ctr(outbound_cipher_, body, kRelayBodySize);
    // The two octets sift out nearly every passing cell before the digest, which costs many times the cipher.
    constexpr std::size_t kAt = cell_layout::kRelayCellV0RecognizedOffset;
    if ((body[kAt] | body[kAt + 1]) != 0) return false;
    return matches_digest(kernel, body, tag);
  }

  /// Encrypts a body towards the origin.
  void inbound(const Kernel &kernel, std::uint8_t *body) { kernel.aes_ctr(inbound_cipher_, body, kRelayBodySize); }

  /// Seals and encrypts a message of ours towards the origin; `tag` is its digest (20 octets).
  void originate(const Kernel &kernel, std::uint8_t *body, std::uint8_t *tag);

  /// Brings what the next cell needs nearer.
  void prefetch_outbound() const { prefetch(outbound_cipher_); }
  void prefetch_inbound() const { prefetch(inbound_cipher_); }

 private:
  bool matches_digest(const Kernel &kernel, const std::uint8_t *body, std::uint8_t *tag);
  static void prefetch(const AesCtr &cipher) {
    const char *octets = reinterpret_cast<const char *>(&cipher);
    for (std::size_t at = 0; at < sizeof cipher; at += 64) __builtin_prefetch(octets + at, 1);
  }

  AesCtr outbound_cipher_, inbound_cipher_;
  Sha1 outbound_digest_, inbound_digest_;
};

}  // namespace ramson
