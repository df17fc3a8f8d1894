// The record layer of TLS 1.3 (RFC 8446, sections 5 and 7.3) from the end of the handshake on, without sockets. The
// handshake is done elsewhere; its traffic secrets come here.
//
//   octets of the socket ─▶ RecordOpener::next ─▶ views of plaintext, where it lay
//   plaintext behind 5 free octets ─▶ RecordSealer::seal ─▶ a record, where it lay
//
// Nothing here allocates, throws or locks. Both belong to one thread, and wipe themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "record_cipher.h"

namespace ramson {

/// Octets of data that a record can carry.
inline constexpr std::size_t kRecordDataMax = std::size_t{1} << 14;
/// The longest record, header and all, that a peer may send (section 5.2).
inline constexpr std::size_t kRecordSizeMax = RecordCipher::kHeaderSize + kRecordDataMax + 256;

/// Which end of the connection is ours: tickets come from servers alone.
enum class TlsEnd : std::uint8_t { kClient, kServer };

/// The alerts that the record layer knows (section 6), by their numbers on the wire.
enum class TlsAlert : std::uint8_t {
  kCloseNotify = 0,
  kUnexpectedMessage = 10,
  kBadRecordMac = 20,
  kRecordOverflow = 22,
  kDecodeError = 50,
  kInternalError = 80,
  kUserCanceled = 90,
};

/// What the peer sends.
class RecordOpener {
 public:
  enum class Next : std::uint8_t {
    kData,       // `data` is plaintext, never empty
    kMore,       // what is left of the octets is no whole record; needs() says how many octets it takes
    kKeyUpdate,  // the peer has a new key, known here already, and asks for ours: RecordSealer::update_key
    kClosed,     // the peer's close_notify: nothing comes any more
    kAborted,    // the peer's fatal alert: peer_alert()
    kFault,      // the peer broke the protocol: send alert(), then close
  };

  /// `secret` has traffic_secret_size(suite) octets and is copied. `sequence` is the number of the next record.
  void start(const Kernel &kernel, TlsSuite suite, TlsEnd end, const std::uint8_t *secret, std::uint64_t sequence = 0);

  /// Takes records from the front of `octets`, in place, until there is something to say. `data` is a view of them,
  /// good until they are written over. After kClosed, kAborted or kFault the answer stays the same.
  Next next(std::span<std::uint8_t> &octets, std::span<std::uint8_t> &data);

  /// After kMore: octets that must lie in one piece before next() can go on; kRecordSizeMax at most.
  std::size_t needs() const { return needs_; }
  /// After kFault.
  TlsAlert alert() const { return alert_; }
  /// After kAborted: the number of the peer's alert.
  std::uint8_t peer_alert() const { return peer_alert_; }
  /// Records under the present key.
  std::uint64_t sequence() const { return cipher_.sequence(); }

 private:
  enum class Ending : std::uint8_t { kNone, kClosed, kAborted, kFault };

  Next end_with(Ending ending);
  Next fault(TlsAlert alert);
  Next ended() const;
  /// kMore from these means: nothing to say, on with the next record.
  Next read_alert(std::span<const std::uint8_t> content);
  Next read_handshake(std::span<const std::uint8_t> content);

  RecordCipher cipher_;
  std::size_t needs_ = 0;
  std::uint32_t message_left_ = 0;     // octets still to come of a handshake message that is passed over
  std::uint32_t records_in_vain_ = 0;  // records in a row that carried no data
  std::uint8_t message_header_[4] = {};
  std::uint8_t message_header_size_ = 0;  // octets of the header that are there
  TlsEnd end_ = TlsEnd::kServer;
  Ending ending_ = Ending::kNone;
  TlsAlert alert_ = TlsAlert::kInternalError;
  std::uint8_t peer_alert_ = 0;
};

/// What we send.
class RecordSealer {
 public:
  /// Room to leave before and behind the data of a record.
  static constexpr std::size_t kBefore = RecordCipher::kHeaderSize;
  static constexpr std::size_t kBehind = 1 + RecordCipher::kTagSize;
  static constexpr std::size_t kOverhead = kBefore + kBehind;
  /// Octets of the records that update_key() and send_alert() write.
  static constexpr std::size_t kKeyUpdateSize = kOverhead + 5;
  static constexpr std::size_t kAlertSize = kOverhead + 2;

  /// `secret` has traffic_secret_size(suite) octets and is copied. `sequence`: records sent under it so far.
  void start(const Kernel &kernel, TlsSuite suite, const std::uint8_t *secret, std::uint64_t sequence = 0);

  /// Makes a record at `record`, whose `size` octets of data (1 to kRecordDataMax) lie kBefore octets further on, in
  /// place. Returns the octets of the record, size + kOverhead. needs_key_update() must be false.
  std::size_t seal(std::uint8_t *record, std::size_t size);

  /// Before each seal(): true when so many records went out under one key that update_key() must come first.
  bool needs_key_update() const { return cipher_.sequence() >= kRecordsPerKey; }

  /// Tells the peer of our next key and takes it; `out` has kKeyUpdateSize octets, all of which are to be sent. This
  /// also answers RecordOpener::Next::kKeyUpdate, once for however many came since the last.
  std::size_t update_key(std::uint8_t *out);

  /// `out` has kAlertSize octets, all of which are to be sent; nothing may follow them.
  std::size_t send_alert(std::uint8_t *out, TlsAlert alert);

  /// Records under the present key.
  std::uint64_t sequence() const { return cipher_.sequence(); }

 private:
  /// Section 5.5: 2^24.5 full records, about 24 million, keep a key safe. This leaves room for alerts and updates.
  static constexpr std::uint64_t kRecordsPerKey = std::uint64_t{1} << 24;

  std::size_t seal_as(std::uint8_t type, std::uint8_t *record, std::size_t size);

  RecordCipher cipher_;
};

}  // namespace ramson
