// File descriptors on their way from the thread that accepts connections to the shard that serves them: a connection is
// known to the main thread by one descriptor and given away by another, so that closing the first does not end it. And
// datagrams to a Unix socket, which Node has no call for: the service manager is told of the process that way.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

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
  define(env, exports, "sendDatagram", send_datagram, environment);
}

}  // namespace ramson
