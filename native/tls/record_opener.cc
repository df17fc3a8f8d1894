#include "record_layer.h"
#include "record_types.h"

namespace ramson {
namespace {

/// Records in a row without data before a peer is taken to waste our time; OpenSSL has the same patience.
constexpr std::uint32_t kRecordsInVainMax = 32;
/// The longest NewSessionTicket there can be: all its fields (RFC 8446, section 4.6.1) at their longest.
constexpr std::uint32_t kTicketSizeMax = 4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534;

}  // namespace

void RecordOpener::start(const Kernel &kernel, TlsSuite suite, TlsEnd end, const std::uint8_t *secret,
                         std::uint64_t sequence) {
  cipher_.start(kernel, suite, secret, sequence);
  end_ = end;
  needs_ = RecordCipher::kHeaderSize;
}

RecordOpener::Next RecordOpener::next(std::span<std::uint8_t> &octets, std::span<std::uint8_t> &data) {
  if (ending_ != Ending::kNone) return ended();
  for (;;) {
    needs_ = RecordCipher::kHeaderSize;
    if (octets.size() < needs_) return Next::kMore;
    std::uint8_t *record = octets.data();
    const std::uint8_t type = record[0];
    const std::size_t length = static_cast<std::size_t>(record[3]) << 8 | record[4];
    if (type != kApplicationData && type != kChangeCipherSpec) return fault(TlsAlert::kUnexpectedMessage);
    if (length > kRecordSizeMax - RecordCipher::kHeaderSize) return fault(TlsAlert::kRecordOverflow);
    needs_ += length;
    if (octets.size() < needs_) return Next::kMore;
    octets = octets.subspan(needs_);
    if (++records_in_vain_ > kRecordsInVainMax) return fault(TlsAlert::kUnexpectedMessage);
    if (type == kChangeCipherSpec) {
      // Section 5: sent for the sake of boxes in between, and dropped.
      if (length != 1 || record[RecordCipher::kHeaderSize] != 1) return fault(TlsAlert::kUnexpectedMessage);
      continue;
    }
    if (length <= RecordCipher::kTagSize) return fault(TlsAlert::kBadRecordMac);
    std::size_t size = length - RecordCipher::kTagSize;
    if (!cipher_.open(record, size)) return fault(TlsAlert::kBadRecordMac);
    if (size > kRecordDataMax + 1) return fault(TlsAlert::kRecordOverflow);
    std::uint8_t *content = record + RecordCipher::kHeaderSize;
    // Zeros behind the type of the content are padding; a record of nothing else has no type.
    while (size != 0 && content[size - 1] == 0) size--;
    if (size == 0) return fault(TlsAlert::kUnexpectedMessage);
    const std::uint8_t content_type = content[--size];
    Next result = Next::kMore;
    if (content_type == kHandshake) {
      result = read_handshake({content, size});
    } else if (message_header_size_ != 0 || message_left_ != 0) {
      // Section 5.1: nothing may come between the pieces of a handshake message.
      result = fault(TlsAlert::kUnexpectedMessage);
    } else if (content_type == kApplicationData) {
      if (size == 0) continue;
      records_in_vain_ = 0;
      data = {content, size};
      result = Next::kData;
    } else if (content_type == kAlert) {
      result = read_alert({content, size});
    } else {
      result = fault(TlsAlert::kUnexpectedMessage);
    }
    if (result != Next::kMore) return result;
  }
}

RecordOpener::Next RecordOpener::read_alert(std::span<const std::uint8_t> content) {
  if (content.size() != 2) return fault(TlsAlert::kDecodeError);
  // Section 6: the level is to be ignored, and every alert but these two is fatal.
  const std::uint8_t alert = content[1];
  if (alert == static_cast<std::uint8_t>(TlsAlert::kUserCanceled)) return Next::kMore;
  if (alert == static_cast<std::uint8_t>(TlsAlert::kCloseNotify)) return end_with(Ending::kClosed);
  peer_alert_ = alert;
  return end_with(Ending::kAborted);
}

RecordOpener::Next RecordOpener::read_handshake(std::span<const std::uint8_t> content) {
  if (content.empty()) return fault(TlsAlert::kUnexpectedMessage);
  while (!content.empty()) {
    if (message_left_ != 0) {
      const std::size_t take = content.size() < message_left_ ? content.size() : message_left_;
      message_left_ -= static_cast<std::uint32_t>(take);
      content = content.subspan(take);
      continue;
    }
    if (message_header_size_ < sizeof message_header_) {
      message_header_[message_header_size_++] = content[0];
      content = content.subspan(1);
      if (message_header_size_ < sizeof message_header_) continue;
    }
    const std::uint32_t length = static_cast<std::uint32_t>(message_header_[1]) << 16 |
                                 static_cast<std::uint32_t>(message_header_[2]) << 8 | message_header_[3];
    if (message_header_[0] == kNewSessionTicket && end_ == TlsEnd::kClient) {
      if (length > kTicketSizeMax) return fault(TlsAlert::kDecodeError);
      message_left_ = length;
      message_header_size_ = 0;
    } else if (message_header_[0] == kKeyUpdate) {
      if (length != 1) return fault(TlsAlert::kDecodeError);
      if (content.empty()) continue;
      const std::uint8_t request = content[0];
      if (request > 1) return fault(TlsAlert::kDecodeError);
      // What follows is under the next key, so the message must be the last of its record (section 5.1).
      if (content.size() != 1) return fault(TlsAlert::kUnexpectedMessage);
      message_header_size_ = 0;
      cipher_.update();
      return request == 1 ? Next::kKeyUpdate : Next::kMore;
    } else {
      return fault(TlsAlert::kUnexpectedMessage);
    }
  }
  return Next::kMore;
}

RecordOpener::Next RecordOpener::end_with(Ending ending) {
  ending_ = ending;
  return ended();
}

RecordOpener::Next RecordOpener::fault(TlsAlert alert) {
  alert_ = alert;
  return end_with(Ending::kFault);
}

RecordOpener::Next RecordOpener::ended() const {
  switch (ending_) {
    case Ending::kClosed:
      return Next::kClosed;
    case Ending::kAborted:
      return Next::kAborted;
    default:
      return Next::kFault;
  }
}

}  // namespace ramson
