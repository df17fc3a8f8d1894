// Where there is no epoll there are no native sockets: links stay with node:tls.

#include "socket_loop.h"

namespace ramson {

std::unique_ptr<SocketLoop> SocketLoop::open(Shard &, const SocketLoopSettings &) { return nullptr; }
SocketLoop::~SocketLoop() = default;
void SocketLoop::wake() {}
bool SocketLoop::adopt(const AdoptedLink &) { return false; }
void SocketLoop::forget(std::uint32_t) {}
void SocketLoop::run() {}
std::size_t SocketLoop::turn(std::uint32_t *, std::size_t) { return 0; }
bool SocketLoop::has_news() const { return false; }
void SocketLoop::events_taken() {}
std::uint64_t SocketLoop::used_at_ms(std::uint32_t) const { return 0; }
std::uint64_t SocketLoop::wrote_at_ms(std::uint32_t) const { return 0; }
std::uint64_t SocketLoop::octets_read(std::uint32_t) const { return 0; }
std::uint64_t SocketLoop::octets_written(std::uint32_t) const { return 0; }

}  // namespace ramson
