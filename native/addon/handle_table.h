// Objects that JavaScript names by two integers: a slot, and the generation that tells its present holder from earlier
// ones. A handle that is made up or out of date finds nothing; it never reaches freed memory. No Node in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace ramson {

struct Handle {
  std::uint32_t slot, generation;
};

template <typename T>
class HandleTable {
 public:
  /// Takes the object over.
  Handle add(std::unique_ptr<T> object) {
    std::uint32_t slot = first_free_;
    if (slot == kNone) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back({nullptr, 1, kNone});
    } else {
      first_free_ = slots_[slot].next_free;
    }
    slots_[slot].object = std::move(object);
    count_++;
    return {slot, slots_[slot].generation};
  }

  /// Null for a handle that names nothing any more.
  T *find(Handle handle) const {
    if (handle.slot >= slots_.size()) return nullptr;
    const Slot &slot = slots_[handle.slot];
    return slot.generation == handle.generation ? slot.object.get() : nullptr;
  }

  /// Destroys the object; false for a handle that names nothing any more.
  bool remove(Handle handle) { return release(handle) != nullptr; }

  /// Gives the object away; null for a handle that names nothing any more.
  std::unique_ptr<T> release(Handle handle) {
    if (find(handle) == nullptr) return nullptr;
    Slot &slot = slots_[handle.slot];
    std::unique_ptr<T> object = std::move(slot.object);
    count_--;
    // A slot whose generations are spent stays empty for good, so that no old handle can ever fit again.
    if (++slot.generation != kNone) slot.next_free = std::exchange(first_free_, handle.slot);
    return object;
  }

  std::size_t count() const { return count_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Slot {
    std::unique_ptr<T> object;
    std::uint32_t generation;
    std::uint32_t next_free;
  };

  std::vector<Slot> slots_;
  std::uint32_t first_free_ = kNone;
  std::size_t count_ = 0;
};

}  // namespace ramson
