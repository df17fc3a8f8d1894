#include "cell_framer.h"

#include <cstring>

namespace ramson {

CellFramer::Next CellFramer::next_cut(Chunk &chunk, CellHeader &header, CellPool &pool) {
  if (held_ == nullptr) {
    if (chunk.size == 0) return Next::kMore;
    held_ = pool.take();
    if (held_ == nullptr) return Next::kNoRoom;
    held_size_ = 0;
  }
  const std::size_t header_size = command_at() + 1;
  hold(chunk, header_size);
  if (held_size_ < header_size) return Next::kMore;
  if (is_variable(held_->octets[command_at()])) {
    const std::size_t with_length = header_size + 2;
    if (held_size_ < with_length) {
      hold(chunk, with_length);
      if (held_size_ < with_length) return Next::kMore;
      const std::uint8_t *length = held_->octets + header_size;
      passing_ = static_cast<std::uint32_t>(length[0]) << 8 | length[1];
    }
    if (chunk.size < passing_) {
      passing_ -= static_cast<std::uint32_t>(chunk.size);
      chunk.skip(chunk.size);
      return Next::kMore;
    }
  } else if (chunk.size < cell_size() - held_size_) {
    hold(chunk, cell_size());
    return Next::kMore;
  }
  header = read_header(held_->octets);
  return Next::kCell;
}

std::uint8_t *CellFramer::complete_cut(Chunk &chunk) {
  if (is_variable(held_->octets[command_at()])) {
    chunk.skip(passing_);
    passing_ = 0;
    return nullptr;
  }
  hold(chunk, cell_size());
  return held_->octets + command_at() + 1;
}

void CellFramer::give_back_held(CellPool &pool) {
  pool.give_back(held_);
  held_ = nullptr;
  held_size_ = 0;
  passing_ = 0;
}

void CellFramer::hold(Chunk &chunk, std::size_t until) {
  if (held_size_ >= until) return;
  const std::size_t missing = until - held_size_;
  const std::size_t count = missing < chunk.size ? missing : chunk.size;
  std::memcpy(held_->octets + held_size_, chunk.octets, count);
  held_size_ += static_cast<std::uint32_t>(count);
  chunk.skip(count);
}

}  // namespace ramson
