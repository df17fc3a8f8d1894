#include "kernel_queue.h"

#ifdef __linux__
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

namespace ramson {

bool ask_kernel_queue(int descriptor, KernelQueue &queue) {
#ifdef __linux__
  tcp_info info{};
  socklen_t size = sizeof info;
  int unsent = 0;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  if (ioctl(descriptor, SIOCOUTQNSD, &unsent) != 0) return false;
  queue = {.window = info.tcpi_snd_cwnd,
           .unacknowledged = info.tcpi_unacked,
           .segment = info.tcpi_snd_mss,
           .unsent = static_cast<std::uint32_t>(unsent)};
  return true;
#else
  static_cast<void>(descriptor);
  static_cast<void>(queue);
  return false;
#endif
}

}  // namespace ramson
