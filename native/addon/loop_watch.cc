#include "loop_watch.h"

#include <cstdlib>
#include <memory>

#if defined(__linux__)
#include <dlfcn.h>
#endif

namespace ramson {
namespace {

/// What libuv 1 has promised since its beginning.
constexpr unsigned kMajor = 1;
constexpr int kPollHandle = 8;  // UV_POLL of uv_handle_type
constexpr int kReadable = 1;    // UV_READABLE of uv_poll_event

struct Uv {
  unsigned (*version)();
  std::size_t (*handle_size)(int type);
  int (*poll_init)(void *loop, void *handle, int descriptor);
  int (*poll_start)(void *handle, int events, void (*callback)(void *handle, int status, int events));
  int (*poll_stop)(void *handle);
  void (*close)(void *handle, void (*callback)(void *handle));
  void (*unref)(void *handle);
  void (*set_data)(void *handle, void *data);
  void *(*get_data)(const void *handle);
};

template <typename Function>
bool find(Function &function, const char *name) {
#if defined(__linux__)
  function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
#else
  // The sockets below are of Linux as well.
  return function = nullptr, static_cast<void>(name), false;
#endif
}

/// Null where one of them is missing.
const Uv *uv() {
  static Uv functions;
  static const bool is_whole =
      find(functions.version, "uv_version") && functions.version() >> 16 == kMajor &&
      find(functions.handle_size, "uv_handle_size") && find(functions.poll_init, "uv_poll_init") &&
      find(functions.poll_start, "uv_poll_start") && find(functions.poll_stop, "uv_poll_stop") &&
      find(functions.close, "uv_close") && find(functions.unref, "uv_unref") &&
      find(functions.set_data, "uv_handle_set_data") && find(functions.get_data, "uv_handle_get_data");
  return is_whole ? &functions : nullptr;
}

}  // namespace

bool LoopWatch::is_available() { return uv() != nullptr; }

LoopWatch *LoopWatch::open(napi_env env, int descriptor, Ready ready, void *data) {
  struct uv_loop_s *loop = nullptr;
  if (uv() == nullptr || napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  std::unique_ptr<LoopWatch> watch(new LoopWatch);
  watch->ready_ = ready;
  watch->data_ = data;
  watch->handle_ = std::calloc(1, uv()->handle_size(kPollHandle));
  if (watch->handle_ == nullptr || uv()->poll_init(loop, watch->handle_, descriptor) != 0) {
    std::free(watch->handle_);
    return nullptr;
  }
  uv()->set_data(watch->handle_, watch.get());
  uv()->unref(watch->handle_);
  // From here on the loop knows the handle, so that it has to be closed in the loop.
  napi_add_async_cleanup_hook(env, end, watch.get(), &watch->hook_);
  if (uv()->poll_start(watch->handle_, kReadable, polled) == 0) return watch.release();
  watch.release()->close();
  return nullptr;
}

void LoopWatch::close() {
  if (is_closing_) return;
  is_closing_ = true;
  uv()->poll_stop(handle_);
  uv()->close(handle_, closed);
}

void LoopWatch::end(napi_async_cleanup_hook_handle, void *data) { static_cast<LoopWatch *>(data)->close(); }

void LoopWatch::closed(void *handle) {
  auto *watch = static_cast<LoopWatch *>(uv()->get_data(handle));
  std::free(handle);
  // The environment may end now, where it waits for that.
  napi_remove_async_cleanup_hook(watch->hook_);
  delete watch;
}

void LoopWatch::polled(void *handle, int, int) {
  auto *watch = static_cast<LoopWatch *>(uv()->get_data(handle));
  watch->ready_(watch->data_);
}

}  // namespace ramson
