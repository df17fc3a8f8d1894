// The cells that wait for one channel. Cells that are no relay cells go first, in order. Relay cells wait at the ends
// of their circuits, and the circuit that had the fewest cells of late goes first: an exponentially weighted count, so
// that a busy circuit does not hold up a quiet one, nor a circuit that was busy long ago suffer for it.
//
// The weight of a cell grows with time instead of the counts shrinking: nothing has to be touched for its age. A shard
// scales all counts down before they outgrow a double (Shard::age).
//
// Places for the circuits' turns are made when a circuit comes to the channel, not when a cell does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "circuit.h"

namespace ramson {

class Outbox {
 public:
  CellQueue &control() { return control_; }
  const CellQueue &control() const { return control_; }
  bool is_empty() const { return control_.is_empty() && turns_.empty(); }
  /// Relay cells and others.
  std::size_t cells() const { return control_.size() + relay_cells_; }

  /// Keeps room for the turns of `ends` ends.
  void make_room(std::size_t ends);

  /// Puts a cell behind those of its circuit that wait already.
  void put(CircuitEnd &end, Cell *cell) {
    end.queue.push(cell);
    relay_cells_++;
    if (end.turn == CircuitEnd::kNoTurn) enter(end);
  }

  /// The end whose turn it is; null when no relay cell waits.
  CircuitEnd *first() const { return turns_.empty() ? nullptr : turns_[0].end; }

  /// Takes a cell from the end whose turn it is, which there must be. `weight`: what a cell counts now.
  Cell *take_first(double weight) {
    CircuitEnd &end = *turns_[0].end;
    Cell *cell = end.queue.pop();
    relay_cells_--;
    end.activity += weight;
    if (end.queue.is_empty()) {
      leave(end);
    } else {
      turns_[0].activity = end.activity;
      sink(0);
    }
    return cell;
  }

  /// After the activity of all ends was multiplied by one factor.
  void scale(double by) {
    for (Turn &turn : turns_) turn.activity *= by;
  }

  /// Forgets the cells of one end; gives how many there were.
  std::uint32_t drop(CircuitEnd &end, CellPool &pool);
  /// Forgets all cells; gives how many there were.
  std::size_t clear(CellPool &pool);

 private:
  /// Holds the activity as well, so that ends need not be looked at to be put in order.
  struct Turn {
    CircuitEnd *end;
    double activity;
  };

  void enter(CircuitEnd &end);
  void leave(CircuitEnd &end);
  void rise(std::size_t at);
  void sink(std::size_t at);
  void set(std::size_t at, const Turn &turn) {
    turns_[at] = turn;
    turn.end->turn = static_cast<std::uint32_t>(at);
  }

  CellQueue control_;
  std::vector<Turn> turns_;  // a binary heap, least activity first
  std::size_t relay_cells_ = 0;
};

}  // namespace ramson
