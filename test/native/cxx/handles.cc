// Handles find what they were given out for, and nothing once that is gone.

#include <map>

#include "addon/handle_table.h"
#include "suite.h"

namespace ramson::test {

void handles(const Kernel &kernel) {
  static std::size_t alive;
  alive = 0;
  struct Counted {
    explicit Counted(std::uint64_t number) : number(number) { alive++; }
    ~Counted() { alive--; }
    std::uint64_t number;
  };
  {
    HandleTable<Counted> table;
    std::map<std::uint64_t, Handle> open;
    std::vector<Handle> closed;
    Random random(9);
    std::uint32_t highest = 0;
    for (std::uint64_t number = 0; number < 5000; number++) {
      if (open.empty() || random.below(100) < 55) {
        const Handle handle = table.add(std::unique_ptr<Counted>(new Counted(number)));
        open[number] = handle;
        if (handle.slot > highest) highest = handle.slot;
      } else {
        const auto chosen = std::next(open.begin(), static_cast<std::ptrdiff_t>(random.below(open.size())));
        check(table.remove(chosen->second), kernel, "an open handle can be removed");
        closed.push_back(chosen->second);
        open.erase(chosen);
      }
      check(table.count() == open.size() && alive == open.size(), kernel, "the table holds what is open");
    }
    for (const auto &[number, handle] : open) {
      const Counted *found = table.find(handle);
      check(found != nullptr && found->number == number, kernel, "a handle finds its own object");
    }
    for (const Handle handle : closed) {
      check(table.find(handle) == nullptr, kernel, "a stale handle finds nothing");
      check(!table.remove(handle), kernel, "a stale handle removes nothing");
    }
    check(highest < 2000, kernel, "slots are used again");
    check(table.find({UINT32_MAX, 1}) == nullptr, kernel, "a slot that never was finds nothing");
    check(table.find({0, 0}) == nullptr, kernel, "generation 0 is never given out");
  }
  check(alive == 0, kernel, "a table destroys what is left open in it");
}

}  // namespace ramson::test
