// The memory that waiting cells lie in: blocks of 124 cells, so that the allocator is asked once for many cells, and
// memory goes back to it when a storm is over. One thread owns a pool.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../generated/cell_layout.h"

namespace ramson {

/// A cell as it goes on the wire. Those with narrow circ_ids begin two octets later, so that the body is always at the
/// same place.
struct Cell {
  Cell *next;
  std::uint32_t since_ms;  // since when it has waited, on the shard's clock, modulo 2^32
  std::uint8_t octets[cell_layout::kFixedCellSize];
  // Two octets are left over.
};

class CellPool {
 public:
  CellPool() = default;
  ~CellPool();
  CellPool(const CellPool &) = delete;
  CellPool &operator=(const CellPool &) = delete;

  /// Null where the allocator has nothing more to give. What is in the cell is left from whoever had it before.
  Cell *take();
  void give_back(Cell *cell);

  std::size_t cells_taken() const { return taken_; }
  /// Octets that the pool has of the allocator.
  std::size_t octets() const { return blocks_ * kBlockSize; }

 private:
  struct Block;
  static constexpr std::size_t kBlockSize = 65536;
  /// Empty blocks kept for the next storm.
  static constexpr std::size_t kSpareBlocks = 4;

  Block *new_block();
  void link(Block *block);
  void unlink(Block *block);

  Block *with_room_ = nullptr;  // blocks with a free cell; full ones are known by their cells alone
  std::size_t blocks_ = 0;
  std::size_t empty_blocks_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace ramson
