// One direction of a TLS 1.3 connection as far as cryptography goes: a traffic secret (RFC 8446, section 7.1), the key
// and the IV that are made of it (7.3), the sequence number (5.3), and the secret that follows on a KeyUpdate (7.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../kernels/kernel.h"
#include "../kernels/words.h"

namespace ramson {

/// The cipher suites that records are protected with here, by their numbers on the wire (RFC 8446, appendix B.4).
enum class TlsSuite : std::uint16_t { kAes128GcmSha256 = 0x1301, kAes256GcmSha384 = 0x1302 };

inline constexpr std::size_t kTrafficSecretSizeMax = 48;

/// Octets of a traffic secret of the suite: the size of its hash; 0 for a suite that is not done here.
constexpr std::size_t traffic_secret_size(TlsSuite suite) {
  switch (suite) {
    case TlsSuite::kAes128GcmSha256:
      return 32;
    case TlsSuite::kAes256GcmSha384:
      return 48;
  }
  return 0;
}

/// Whoever owns one calls it from one thread at a time. Wipes itself.
class RecordCipher {
 public:
  static constexpr std::size_t kHeaderSize = 5;
  static constexpr std::size_t kTagSize = kGcmTagSize;

  RecordCipher() = default;
  ~RecordCipher();
  RecordCipher(const RecordCipher &) = delete;
  RecordCipher &operator=(const RecordCipher &) = delete;

  /// `secret` has traffic_secret_size(suite) octets and is copied. `sequence` is the number of the next record.
  void start(const Kernel &kernel, TlsSuite suite, const std::uint8_t *secret, std::uint64_t sequence);
  /// Goes on to the next traffic secret; sequence numbers begin again.
  void update();
  /// Protects the `size` octets behind the room of the header at `record`, in place, and writes header and tag.
  void seal(std::uint8_t *record, std::size_t size) {
    const std::size_t length = size + kTagSize;
    // application_data and the version of TLS 1.2, as every sealed record says of itself (section 5.2).
    const std::uint64_t header = 0x030317 | (length >> 8) << 24 | std::uint64_t{length & 0xff} << 32;
    std::memcpy(record, &header, kHeaderSize);
    kernel_->gcm_seal(key_, input(header), record + kHeaderSize, size);
    sequence_++;
  }
  /// The reverse. False: the record is not what the peer has sent, and its octets are gone.
  bool open(std::uint8_t *record, std::size_t size) {
    // The octets behind the header are of the record, too.
    const bool is_genuine = kernel_->gcm_open(key_, input(load_le64(record)), record + kHeaderSize, size);
    sequence_++;
    return is_genuine;
  }
  /// The number of the next record, which is how many there were under this key.
  std::uint64_t sequence() const { return sequence_; }

 private:
  void make_key();

  /// `header` is that of the record, in the low octets.
  GcmInput input(std::uint64_t header) const {
    const std::uint64_t number = __builtin_bswap64(sequence_);
    GcmInput input;
    store_le64(input.nonce, iv_[0] ^ number << 32);
    store_le64(input.nonce + 8, iv_[1] ^ number >> 32);
    store_le64(input.additional, header & 0xffffffffff);
    store_le64(input.additional + 8, 0);
    input.additional_size = kHeaderSize;
    return input;
  }

  const Kernel *kernel_ = nullptr;
  GcmKey key_{};
  std::uint64_t sequence_ = 0;
  TlsSuite suite_{};
  std::uint64_t iv_[2] = {};  // kGcmNonceSize octets and zeros
  std::uint8_t secret_[kTrafficSecretSizeMax] = {};
};

}  // namespace ramson
