// Overwriting of secrets that the compiler may not leave out.
#pragma once

#include <cstddef>
#include <cstring>

namespace ramson {

/// Sets `size` octets to zero, although nothing reads them afterwards.
static inline void wipe(void *memory, std::size_t size) {
  std::memset(memory, 0, size);
  // The compiler must believe that this statement reads the memory.
  __asm__ __volatile__("" : : "r"(memory) : "memory");
}

}  // namespace ramson
