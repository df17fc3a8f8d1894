// Cells that wait for one thing, oldest first. The cells are the pool's; the queue links them.
#pragma once

#include <cstdint>

#include "cell_pool.h"

namespace ramson {

class CellQueue {
 public:
  bool is_empty() const { return head_ == nullptr; }
  std::uint32_t size() const { return size_; }
  /// The oldest; null when none waits.
  const Cell *oldest() const { return head_; }

  void push(Cell *cell) {
    cell->next = nullptr;
    if (head_ == nullptr) {
      head_ = cell;
    } else {
      tail_->next = cell;
    }
    tail_ = cell;
    size_++;
  }

  /// The queue must not be empty.
  Cell *pop() {
    Cell *cell = head_;
    head_ = cell->next;
    size_--;
    return cell;
  }

  /// Gives every cell back; tells how many there were.
  std::uint32_t clear(CellPool &pool) {
    const std::uint32_t cells = size_;
    while (head_ != nullptr) pool.give_back(pop());
    return cells;
  }

 private:
  Cell *head_ = nullptr;
  Cell *tail_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace ramson
