// Records of events and commands (src/dataplane/shard/records.ts) in memory: a buffer that events gather in, and a view
// of one record of a buffer of commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "../generated/shard_records.h"

namespace ramson {

/// What a record's head says; the payload's length is told apart.
struct RecordHead {
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint8_t command = 0;
  std::uint8_t code = 0;
  std::uint32_t circ_id = 0;
  std::uint64_t subject = 0;
  std::uint64_t object = 0;
  std::uint32_t number = 0;
};

/// The bucket of a histogram that a value is counted in; `first` is the first one's counter.
template <std::size_t kBounds>
std::size_t bucket_of(std::size_t value, const std::uint32_t (&bounds)[kBounds], std::size_t first) {
  std::size_t bucket = 0;
  while (bucket < kBounds && value > bounds[bucket]) bucket++;
  return first + bucket;
}

/// Events that wait to be taken, oldest first. Grows as it must: what bounds it is that no more octets are received
/// while it holds a lot.
class RecordBuffer {
 public:
  std::size_t size() const { return octets_.size() - taken_; }

  /// Adds a record whose payload is made of two parts.
  void add(const RecordHead &head, const std::uint8_t *payload = nullptr, std::size_t size = 0,
           const std::uint8_t *more = nullptr, std::size_t more_size = 0);

  /// Moves as many whole records as fit; gives their octets.
  std::size_t take(std::uint8_t *out, std::size_t room);

 private:
  std::vector<std::uint8_t> octets_;
  std::size_t taken_ = 0;
};

/// Reads commands one after the other. What is not whole ends them.
class RecordReader {
 public:
  RecordReader(std::uint8_t *octets, std::size_t size) : octets_(octets), size_(size) {}

  /// False after the last, or when the next is not whole: see is_at_end().
  bool next();
  bool is_at_end() const { return size_ == 0; }

  RecordHead head;
  std::uint8_t *payload = nullptr;
  std::size_t payload_size = 0;

 private:
  std::uint8_t *octets_;
  std::size_t size_;
};

}  // namespace ramson
