// A descriptor watched by the event loop of the thread that JavaScript runs in. libuv is used as the Node binary
// exports it, found by name when it is asked for: no header of it is needed that another Node might not have.
#pragma once

#include <napi.h>

namespace ramson {

/// Closes itself with the environment, if not earlier; it does not keep the thread alive.
class LoopWatch {
 public:
  using Ready = void (*)(void *data);

  /// This Node exports what is needed, and the system has what it watches.
  static bool is_available();

  /// Calls `ready` in the loop whenever the descriptor is readable. Null where this Node does not export what is
  /// needed.
  static LoopWatch *open(napi_env env, int descriptor, Ready ready, void *data);
  /// Nothing is called any more when this returns, and the watch is gone soon.
  void close();

 private:
  LoopWatch() = default;
  static void end(napi_async_cleanup_hook_handle hook, void *data);
  static void closed(void *handle);
  static void polled(void *handle, int status, int events);

  void *handle_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  Ready ready_ = nullptr;
  void *data_ = nullptr;
  bool is_closing_ = false;
};

}  // namespace ramson
