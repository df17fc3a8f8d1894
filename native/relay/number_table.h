// A hash table from numbers to objects that somebody else owns. Open addressing; it grows and shrinks when something is
// added or removed; looking up allocates nothing. Who chose the numbers says which hash is enough:
//
//   CircIdTable   circ_ids of one channel: a peer's choice, so under a keyed hash, or it could make them all fall on
//   one place HandleMap     handles of channels and circuits: our own, counted up, so that a multiplication spreads
//   them
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "keyed_hash.h"

namespace ramson {

/// For tests: `key` must outlive the table.
struct PeerNumberHash {
  const HashKey *key = &process_hash_key();
  std::size_t operator()(std::uint64_t number) const { return static_cast<std::size_t>(keyed_hash(*key, number)); }
};

/// Fibonacci's: 2^64 by the golden ratio. The high half counts, because all digits of the number reach it.
struct OwnNumberHash {
  std::size_t operator()(std::uint64_t number) const { return number * 0x9e3779b97f4a7c15 >> 32; }
};

template <typename Key, typename Value, typename Hash>
class NumberTable {
 public:
  explicit NumberTable(Hash hash = {}) : hash_(hash) {}

  /// Null when there is none.
  Value *find(Key key) const {
    if (size_ == 0) return nullptr;
    for (std::size_t at = home(key);; at = (at + 1) & mask_) {
      const Place &place = places_[at];
      if (place.value == nullptr || place.key == key) return place.value;
    }
  }

  /// Brings the memory that find(key) will look at first nearer.
  void prefetch(Key key) const {
    if (size_ != 0) __builtin_prefetch(&places_[home(key)]);
  }

  /// Replaces what was there under the same key, and gives it.
  Value *put(Key key, Value *value) {
    if (4 * (size_ + 1) > 3 * capacity()) resize(capacity() == 0 ? kLeast : 2 * capacity());
    for (std::size_t at = home(key);; at = (at + 1) & mask_) {
      Place &place = places_[at];
      if (place.value == nullptr) {
        place = {value, key};
        size_++;
        return nullptr;
      }
      if (place.key == key) {
        Value *before = place.value;
        place.value = value;
        return before;
      }
    }
  }

  /// Gives what was there, or null.
  Value *remove(Key key) {
    if (size_ == 0) return nullptr;
    std::size_t at = home(key);
    while (places_[at].value != nullptr && places_[at].key != key) at = (at + 1) & mask_;
    Value *found = places_[at].value;
    if (found == nullptr) return nullptr;
    close_gap(at);
    size_--;
    if (capacity() > kLeast && 8 * size_ < capacity()) resize(capacity() / 2);
    return found;
  }

  std::size_t size() const { return size_; }
  /// Octets that the table takes besides itself.
  std::size_t octets() const { return capacity() * sizeof(Place); }

  /// Calls function(key, value) for all, in no order. The table must not be changed meanwhile.
  template <typename Function>
  void each(Function function) const {
    for (std::size_t at = 0; at < capacity(); at++) {
      if (places_[at].value != nullptr) function(places_[at].key, places_[at].value);
    }
  }

  /// How many places the longest search looks at: for tests.
  std::size_t longest_search() const {
    std::size_t longest = 0;
    each([&](Key key, Value *) {
      std::size_t steps = 1;
      for (std::size_t at = home(key); places_[at].key != key; at = (at + 1) & mask_) steps++;
      if (steps > longest) longest = steps;
    });
    return longest;
  }

 private:
  static constexpr std::size_t kLeast = 4;

  struct Place {
    Value *value = nullptr;
    Key key = 0;
  };

  std::size_t capacity() const { return places_ == nullptr ? 0 : mask_ + 1; }
  std::size_t home(Key key) const { return hash_(key) & mask_; }

  /// Moves what follows back, so that no search stops at the gap too early.
  void close_gap(std::size_t gap) {
    for (std::size_t at = (gap + 1) & mask_; places_[at].value != nullptr; at = (at + 1) & mask_) {
      const std::size_t wanted = home(places_[at].key);
      // Its own place lies after the gap: it stays.
      if (((at - wanted) & mask_) < ((at - gap) & mask_)) continue;
      places_[gap] = places_[at];
      gap = at;
    }
    places_[gap] = {};
  }

  void resize(std::size_t capacity) {
    const std::size_t before = this->capacity();
    const std::unique_ptr<Place[]> old = std::move(places_);
    places_.reset(new Place[capacity]);
    mask_ = capacity - 1;
    for (std::size_t i = 0; i < before; i++) {
      if (old[i].value == nullptr) continue;
      std::size_t at = home(old[i].key);
      while (places_[at].value != nullptr) at = (at + 1) & mask_;
      places_[at] = old[i];
    }
  }

  [[no_unique_address]] Hash hash_;
  std::unique_ptr<Place[]> places_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

template <typename Value>
using CircIdTable = NumberTable<std::uint32_t, Value, PeerNumberHash>;
template <typename Value>
using HandleMap = NumberTable<std::uint64_t, Value, OwnNumberHash>;

}  // namespace ramson
