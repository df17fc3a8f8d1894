#include "outbox.h"

namespace ramson {

void Outbox::make_room(std::size_t ends) {
  constexpr std::size_t kFew = 16;
  if (turns_.capacity() < ends) {
    turns_.reserve(ends < kFew ? ends : ends + ends / 2);
  } else if (turns_.capacity() > kFew && turns_.capacity() > 4 * ends && turns_.size() <= ends) {
    std::vector<Turn> smaller;
    smaller.reserve(2 * ends);
    smaller.assign(turns_.begin(), turns_.end());
    turns_.swap(smaller);
  }
}

std::uint32_t Outbox::drop(CircuitEnd &end, CellPool &pool) {
  if (end.turn != CircuitEnd::kNoTurn) leave(end);
  const std::uint32_t cells = end.queue.clear(pool);
  relay_cells_ -= cells;
  return cells;
}

std::size_t Outbox::clear(CellPool &pool) {
  std::size_t cells = control_.clear(pool);
  while (!turns_.empty()) cells += drop(*turns_.back().end, pool);
  return cells;
}

void Outbox::enter(CircuitEnd &end) {
  turns_.push_back({&end, end.activity});
  rise(turns_.size() - 1);
}

void Outbox::leave(CircuitEnd &end) {
  const std::size_t at = end.turn;
  end.turn = CircuitEnd::kNoTurn;
  const Turn last = turns_.back();
  turns_.pop_back();
  if (last.end == &end) return;
  set(at, last);
  sink(at);
  rise(last.end->turn);
}

void Outbox::rise(std::size_t at) {
  const Turn turn = turns_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (turns_[parent].activity <= turn.activity) break;
    set(at, turns_[parent]);
    at = parent;
  }
  set(at, turn);
}

void Outbox::sink(std::size_t at) {
  const Turn turn = turns_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= turns_.size()) break;
    if (child + 1 < turns_.size() && turns_[child + 1].activity < turns_[child].activity) child++;
    if (turns_[child].activity >= turn.activity) break;
    set(at, turns_[child]);
    at = child;
  }
  set(at, turn);
}

}  // namespace ramson
