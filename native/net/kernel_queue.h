// What the kernel says of a TCP socket's way out, and how much more it is worth giving to it (KIST): what the
// congestion window lets go at once, and as much again, times a factor, so that it has something to send when
// acknowledgements come. More would only wait there, where nobody can decide any more whose turn it is.
// src/dataplane/kernel-queue.ts is its twin.
#pragma once

#include <cstdint>

namespace ramson {

struct KernelQueue {
  /// Segments.
  std::uint32_t window = 0, unacknowledged = 0;
  /// Octets.
  std::uint32_t segment = 0, unsent = 0;
};

/// False for what is no TCP socket, and where the system does not tell.
bool ask_kernel_queue(int descriptor, KernelQueue &queue);

/// Octets that may be given to the kernel now.
inline double kernel_room(const KernelQueue &queue, double factor) {
  const double open = queue.window > queue.unacknowledged ? queue.window - queue.unacknowledged : 0;
  const double room = (open + queue.window * factor) * queue.segment - queue.unsent;
  return room > 0 ? room : 0;
}

}  // namespace ramson
