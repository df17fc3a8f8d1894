#include "cell_pool.h"

#include <cstdlib>

namespace ramson {

/// Blocks lie at multiples of their size, so that a cell's address tells its block.
struct CellPool::Block {
  Block *before, *after;
  Cell *free;             // cells given back
  std::uint32_t used;     // cells taken now
  std::uint32_t touched;  // cells taken ever; those behind have never been in the free list

  static constexpr std::size_t kCells = (kBlockSize - 64) / sizeof(Cell);

  Cell *cell(std::size_t at) { return reinterpret_cast<Cell *>(reinterpret_cast<std::uint8_t *>(this) + 64) + at; }
  bool is_full() const { return used == kCells; }
  static Block *of(Cell *cell) {
    return reinterpret_cast<Block *>(reinterpret_cast<std::uintptr_t>(cell) & ~std::uintptr_t{kBlockSize - 1});
  }
};

CellPool::~CellPool() {
  // The owner gives back every cell first, so every block is in the list.
  while (with_room_ != nullptr) {
    Block *block = with_room_;
    unlink(block);
    std::free(block);
  }
}

Cell *CellPool::take() {
  static_assert(sizeof(Block) <= 64);
  Block *block = with_room_;
  if (block == nullptr) {
    block = new_block();
    if (block == nullptr) return nullptr;
  }
  if (block->used == 0) empty_blocks_--;
  block->used++;
  taken_++;
  Cell *cell = block->free;
  if (cell != nullptr) {
    block->free = cell->next;
  } else {
    cell = block->cell(block->touched++);
  }
  if (block->is_full()) unlink(block);
  return cell;
}

void CellPool::give_back(Cell *cell) {
  Block *block = Block::of(cell);
  if (block->is_full()) link(block);
  cell->next = block->free;
  block->free = cell;
  block->used--;
  taken_--;
  if (block->used > 0) return;
  if (empty_blocks_ < kSpareBlocks) {
    empty_blocks_++;
    return;
  }
  unlink(block);
  blocks_--;
  std::free(block);
}

CellPool::Block *CellPool::new_block() {
  void *memory = std::aligned_alloc(kBlockSize, kBlockSize);
  if (memory == nullptr) return nullptr;
  auto *block = static_cast<Block *>(memory);
  block->free = nullptr;
  block->used = 0;
  block->touched = 0;
  blocks_++;
  empty_blocks_++;
  link(block);
  return block;
}

void CellPool::link(Block *block) {
  block->before = nullptr;
  block->after = with_room_;
  if (with_room_ != nullptr) with_room_->before = block;
  with_room_ = block;
}

void CellPool::unlink(Block *block) {
  if (block->before != nullptr) {
    block->before->after = block->after;
  } else {
    with_room_ = block->after;
  }
  if (block->after != nullptr) block->after->before = block->before;
}

}  // namespace ramson
