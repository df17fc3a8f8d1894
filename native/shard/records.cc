#include "records.h"

#include <bit>

namespace ramson {
namespace {

namespace layout = shard_records;

// Numbers of records are little-endian; so are all machines that this is built for.
static_assert(std::endian::native == std::endian::little);

template <typename Number>
void store(std::uint8_t *at, Number number) {
  std::memcpy(at, &number, sizeof number);
}

template <typename Number>
Number load(const std::uint8_t *at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

/// What is no whole number of 53 bits is nobody's handle.
std::uint64_t handle_of(double number) {
  constexpr double kLimit = 9007199254740992.0;
  return number >= 0 && number < kLimit ? static_cast<std::uint64_t>(number) : UINT64_MAX;
}

}  // namespace

void RecordBuffer::add(const RecordHead &head, const std::uint8_t *payload, std::size_t size, const std::uint8_t *more,
                       std::size_t more_size) {
  const std::size_t at = octets_.size();
  const std::size_t length = size + more_size;
  octets_.resize(at + layout::record_size(length));
  std::uint8_t *octets = octets_.data() + at;
  octets[layout::kKindOffset] = head.kind;
  octets[layout::kFlagsOffset] = head.flags;
  octets[layout::kCommandOffset] = head.command;
  octets[layout::kCodeOffset] = head.code;
  store(octets + layout::kCircIdOffset, head.circ_id);
  store(octets + layout::kSubjectOffset, static_cast<double>(head.subject));
  store(octets + layout::kObjectOffset, static_cast<double>(head.object));
  store(octets + layout::kLengthOffset, static_cast<std::uint32_t>(length));
  store(octets + layout::kNumberOffset, head.number);
  if (size > 0) std::memcpy(octets + layout::kHeadSize, payload, size);
  if (more_size > 0) std::memcpy(octets + layout::kHeadSize + size, more, more_size);
}

std::size_t RecordBuffer::take(std::uint8_t *out, std::size_t room) {
  std::size_t end = taken_;
  while (end < octets_.size()) {
    const std::size_t size = layout::record_size(load<std::uint32_t>(octets_.data() + end + layout::kLengthOffset));
    if (end + size - taken_ > room) break;
    end += size;
  }
  const std::size_t count = end - taken_;
  if (count > 0) std::memcpy(out, octets_.data() + taken_, count);
  taken_ = end;
  if (taken_ == octets_.size()) {
    octets_.clear();
    taken_ = 0;
  }
  return count;
}

bool RecordReader::next() {
  if (size_ < layout::kHeadSize) return false;
  const std::size_t length = load<std::uint32_t>(octets_ + layout::kLengthOffset);
  const std::size_t whole = layout::record_size(length);
  if (whole > size_) return false;
  head.kind = octets_[layout::kKindOffset];
  head.flags = octets_[layout::kFlagsOffset];
  head.command = octets_[layout::kCommandOffset];
  head.code = octets_[layout::kCodeOffset];
  head.circ_id = load<std::uint32_t>(octets_ + layout::kCircIdOffset);
  head.subject = handle_of(load<double>(octets_ + layout::kSubjectOffset));
  head.object = handle_of(load<double>(octets_ + layout::kObjectOffset));
  head.number = load<std::uint32_t>(octets_ + layout::kNumberOffset);
  payload = octets_ + layout::kHeadSize;
  payload_size = length;
  octets_ += whole;
  size_ -= whole;
  return true;
}

}  // namespace ramson
