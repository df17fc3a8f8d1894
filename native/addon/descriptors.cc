// File descriptors on their way from the thread that accepts connections to the shard that serves them: a connection is
// known to the main thread by one descriptor and given away by another, so that closing the first does not end it.

#include <fcntl.h>
#include <unistd.h>

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

}  // namespace

void define_descriptors(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "duplicateDescriptor", duplicate_descriptor, environment);
  define(env, exports, "closeDescriptor", close_descriptor, environment);
}

}  // namespace ramson
