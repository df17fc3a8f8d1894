// File descriptors on their way from the thread that accepts connections to the shard that serves them: a connection is
// known to the main thread by one descriptor and given away by another, so that closing the first does not end it. The
// kernel's buffers of a socket, which Node has no call for either. And
// datagrams to a Unix socket, which Node has no call for: the service manager is told of the process that way.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>

#include "../net/kernel_queue.h"
#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

/// duplicateDescriptor(descriptor): a new descriptor of the same open file, -1 when there is none to be had.
napi_value duplicate_descriptor(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const auto descriptor = static_cast<int>(arguments.number(0));
  napi_value duplicate;
  napi_create_int32(env, fcntl(descriptor, F_DUPFD_CLOEXEC, 0), &duplicate);
  return duplicate;
}

/// closeDescriptor(descriptor): for one that nobody came to take.
napi_value close_descriptor(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  close(static_cast<int>(arguments.number(0)));
  return nullptr;
}

/// setSocketBuffers(descriptor, octets): what the kernel may keep for the socket in each direction. Whether both were
/// taken.
napi_value set_socket_buffers(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const auto descriptor = static_cast<int>(arguments.number(0));
  const auto octets = static_cast<int>(arguments.number(1));
  const bool sends = setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets) == 0;
  const bool receives = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets) == 0;
  napi_value result;
  napi_get_boolean(env, sends && receives, &result);
  return result;
}

/// socketBuffers(descriptor, out): writes the octets for sending and for receiving, as the kernel counts them. Whether
/// it is a socket.
napi_value socket_buffers(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const auto descriptor = static_cast<int>(arguments.number(0));
  const auto out = arguments.words(1);
  if (out.size != 2) return answer(env, Status::kBadSize);
  bool is_socket = true;
  const int options[] = {SO_SNDBUF, SO_RCVBUF};
  for (std::size_t i = 0; i < 2; i++) {
    int octets = 0;
    socklen_t size = sizeof octets;
    is_socket = is_socket && getsockopt(descriptor, SOL_SOCKET, options[i], &octets, &size) == 0;
    out.words[i] = static_cast<std::uint32_t>(octets);
  }
  napi_value result;
  napi_get_boolean(env, is_socket, &result);
  return result;
}

/// socketQueue(descriptor, out): writes the congestion window, what is unacknowledged of it, the size of a segment, and
/// what was not sent yet. Whether the system tells.
napi_value socket_queue(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const auto out = arguments.words(1);
  if (out.size != 4) return answer(env, Status::kBadSize);
  KernelQueue queue;
  const bool is_told = ask_kernel_queue(static_cast<int>(arguments.number(0)), queue);
  const std::uint32_t words[] = {queue.window, queue.unacknowledged, queue.segment, queue.unsent};
  std::copy(std::begin(words), std::end(words), out.words);
  napi_value result;
  napi_get_boolean(env, is_told, &result);
  return result;
}

/// sendDatagram(path, octets): one datagram to the Unix socket of that name, where a leading @ stands for the NUL of an
/// abstract one. Whether it went out; it is not waited for.
napi_value send_datagram(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const View path = arguments.view(0);
  const View message = arguments.view(1);
  bool sent = false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size > 1 && path.size < sizeof address.sun_path) {
    std::memcpy(address.sun_path, path.octets, path.size);
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    // An abstract name is as long as it is said to be; a path ends with its NUL.
    const std::size_t ends = address.sun_path[0] == '\0' ? 0 : 1;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size + ends);
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (descriptor >= 0) {
      fcntl(descriptor, F_SETFD, FD_CLOEXEC);
      sent = sendto(descriptor, message.octets, message.size, MSG_DONTWAIT, reinterpret_cast<sockaddr *>(&address),
                    length) == static_cast<ssize_t>(message.size);
      close(descriptor);
    }
  }
  napi_value result;
  napi_get_boolean(env, sent, &result);
  return result;
}

}  // namespace

void define_descriptors(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "duplicateDescriptor", duplicate_descriptor, environment);
  define(env, exports, "closeDescriptor", close_descriptor, environment);
  define(env, exports, "setSocketBuffers", set_socket_buffers, environment);
  define(env, exports, "socketBuffers", socket_buffers, environment);
  define(env, exports, "socketQueue", socket_queue, environment);
  define(env, exports, "sendDatagram", send_datagram, environment);
}

}  // namespace ramson
