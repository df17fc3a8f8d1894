#include "load_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ramson {
namespace {

constexpr std::size_t kHeader = cell_layout::kVariableCellBodyOffset;
constexpr std::size_t kLengthAt = cell_layout::kVariableCellBodyLengthOffset;
/// Of a socket, for what goes out; a system may give less.
constexpr int kSocketRoom = 1024 * 1024;
constexpr std::size_t kUnsentRoom = kLoadSendMax + RecordSealer::kKeyUpdateSize;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

bool LoadLink::accepts(const LoadConnection &connection) {
  const auto held = connection.held;
  return held.size() < kLoadCell && (held.size() < kHeader || !is_variable(held.data())) &&
         connection.behind.size() <= kLoadReadRoom;
}

LoadLink::LoadLink(const Kernel &kernel, const LoadConnection &connection)
    : descriptor_(connection.descriptor),
      partial_(new std::uint8_t[kRecordSizeMax]),
      unsent_(new std::uint8_t[kUnsentRoom]),
      held_size_(connection.held.size()) {
  opener_.start(kernel, connection.suite, connection.end, connection.reading.secret, connection.reading.sequence);
  sealer_.start(kernel, connection.suite, connection.writing.secret, connection.writing.sequence);
  if (held_size_ > 0) std::memcpy(held_, connection.held.data(), held_size_);
  const int on = 1;
  // What is no TCP socket has nothing to delay.
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // What a relay has no room for waits here, and not in a socket whose peer then drops what does not fit.
  const int room = kSocketRoom;
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

LoadLink::~LoadLink() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool LoadLink::is_variable(const std::uint8_t *cell) {
  return cell_layout::IsVariableLength(cell[cell_layout::kVariableCellCommandOffset]);
}

bool LoadLink::gather(std::span<std::uint8_t> &data) {
  const auto move_up_to = [&](std::size_t size) {
    const std::size_t octets = held_size_ < size ? std::min(size - held_size_, data.size()) : 0;
    if (octets > 0) std::memcpy(held_ + held_size_, data.data(), octets);
    held_size_ += octets;
    data = data.subspan(octets);
  };
  move_up_to(kHeader);
  if (held_size_ < kHeader) return false;
  if (is_variable(held_)) {
    skipped_ = static_cast<std::size_t>(held_[kLengthAt]) << 8 | held_[kLengthAt + 1];
    held_size_ = 0;
    return false;
  }
  move_up_to(kLoadCell);
  return held_size_ == kLoadCell;
}

LoadFault LoadLink::receive(std::uint8_t *room, std::size_t &size) {
  if (partial_size_ > 0) std::memcpy(room, partial_.get(), partial_size_);
  const ssize_t received = recv(descriptor_, room + partial_size_, kLoadReadMax, 0);
  if (received < 0) return would_block(errno) ? LoadFault::kNone : LoadFault::kLinkClosed;
  if (received == 0) return LoadFault::kLinkClosed;
  size = partial_size_ + static_cast<std::size_t>(received);
  partial_size_ = 0;
  return LoadFault::kNone;
}

LoadFault LoadLink::send(const std::uint8_t *octets, std::size_t size) {
  const ssize_t sent = ::send(descriptor_, octets, size, MSG_NOSIGNAL);
  if (sent < 0 && !would_block(errno)) return LoadFault::kLinkClosed;
  const std::size_t gone = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  return gone == size ? LoadFault::kNone : keep(octets + gone, size - gone);
}

LoadFault LoadLink::keep(const std::uint8_t *octets, std::size_t size) {
  if (unsent_end_ + size > kUnsentRoom) {
    std::memmove(unsent_.get(), unsent_.get() + unsent_at_, unsent_size());
    unsent_end_ -= unsent_at_;
    unsent_at_ = 0;
    if (unsent_end_ + size > kUnsentRoom) return LoadFault::kBlocked;
  }
  std::memcpy(unsent_.get() + unsent_end_, octets, size);
  unsent_end_ += size;
  return LoadFault::kNone;
}

LoadFault LoadLink::send_unsent() {
  if (unsent_size() == 0) return LoadFault::kNone;
  const ssize_t sent = ::send(descriptor_, unsent_.get() + unsent_at_, unsent_size(), MSG_NOSIGNAL);
  if (sent < 0) return would_block(errno) ? LoadFault::kNone : LoadFault::kLinkClosed;
  unsent_at_ += static_cast<std::size_t>(sent);
  if (unsent_at_ == unsent_end_) unsent_at_ = unsent_end_ = 0;
  return LoadFault::kNone;
}

LoadFault LoadLink::send_key_update() {
  owes_key_update_ = false;
  std::uint8_t record[RecordSealer::kKeyUpdateSize];
  const std::size_t size = sealer_.update_key(record);
  return unsent_size() > 0 ? keep(record, size) : send(record, size);
}

}  // namespace ramson
