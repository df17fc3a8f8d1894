// Octets of an open channel into cells, across any chunk borders. Of a fixed cell that lies whole in a chunk nothing is
// moved; one that a border cuts is put together in a cell of the pool, so that an idle channel holds none. Variable
// cells are passed over, because none of them means anything on an open channel but by its command.
//
//   next(chunk) ─▶ header known? ─▶ the caller asks: may it go on? ─▶ complete(chunk) ─▶ the cell
//
// The two steps are there because a cell may have to wait: what is not completed is not taken from the chunk.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cell_pool.h"

namespace ramson {

/// Octets to be worked off, from the front.
struct Chunk {
  std::uint8_t *octets;
  std::size_t size;

  void skip(std::size_t count) {
    octets += count;
    size -= count;
  }
};

struct CellHeader {
  std::uint32_t circ_id;
  std::uint8_t command;
};

class CellFramer {
 public:
  explicit CellFramer(bool is_wide) : is_wide_(is_wide) {}

  /// What the end of the chunk does to the next cell.
  enum class Next : std::uint8_t {
    kCell,    // it is whole in what was held and the chunk: `header` is set, and complete() gives it
    kMore,    // all of the chunk is taken, and there is no cell yet
    kNoRoom,  // the pool has nothing to hold a cell in
  };
  Next next(Chunk &chunk, CellHeader &header, CellPool &pool) {
    if (held_ == nullptr && chunk.size >= cell_size() && !is_variable(chunk.octets[command_at()])) {
      header = read_header(chunk.octets);
      return Next::kCell;
    }
    return next_cut(chunk, header, pool);
  }

  /// Takes the cell that next() told of from the chunk. Gives its body (509 octets; null for a variable cell), valid
  /// until release().
  std::uint8_t *complete(Chunk &chunk) {
    if (held_ == nullptr) {
      std::uint8_t *body = chunk.octets + command_at() + 1;
      chunk.skip(cell_size());
      return body;
    }
    return complete_cut(chunk);
  }

  /// Nothing is held of a cell: the next begins with the chunk.
  bool is_between_cells() const { return held_ == nullptr; }
  static bool is_variable(std::uint8_t command) { return cell_layout::IsVariableLength(command); }

  /// After the cell from complete() has been dealt with.
  void release(CellPool &pool) {
    if (held_ != nullptr) give_back_held(pool);
  }

  /// Gives back what is held of a cell; for the end of the channel.
  void close(CellPool &pool) { release(pool); }

  std::size_t cell_size() const { return is_wide_ ? cell_layout::kFixedCellSize : cell_layout::kNarrowFixedCellSize; }
  std::size_t command_at() const {
    return is_wide_ ? cell_layout::kFixedCellCommandOffset : cell_layout::kNarrowFixedCellCommandOffset;
  }
  CellHeader read_header(const std::uint8_t *octets) const {
    const std::uint32_t high = static_cast<std::uint32_t>(octets[0]) << 8 | octets[1];
    if (!is_wide_) return {high, octets[2]};
    return {high << 16 | static_cast<std::uint32_t>(octets[2]) << 8 | octets[3], octets[4]};
  }

 private:
  Next next_cut(Chunk &chunk, CellHeader &header, CellPool &pool);
  std::uint8_t *complete_cut(Chunk &chunk);
  void give_back_held(CellPool &pool);
  void hold(Chunk &chunk, std::size_t until);

  Cell *held_ = nullptr;  // the beginning of a cell that the end of a chunk cut
  std::uint32_t held_size_ = 0;
  std::uint32_t passing_ = 0;  // octets still to come of a variable cell, which `held_` is then the header of
  const bool is_wide_;
};

}  // namespace ramson
