// What an environment holds of one shard: the shard, its sockets where these are native, and how its thread is woken.
#pragma once

#include <napi.h>

#include <memory>

#include "../net/socket_loop.h"
#include "../shard/shard.h"
#include "loop_watch.h"

namespace ramson {

struct OpenShard {
  OpenShard(napi_env env, std::unique_ptr<Shard> shard);
  ~OpenShard();
  OpenShard(const OpenShard &) = delete;
  OpenShard &operator=(const OpenShard &) = delete;

  /// A waker that is no socket loop belongs to the shard.
  void set_waker(std::unique_ptr<Waker> next);
  /// Nobody calls the waker, nor the thread's own part of the turn, any more when this returns.
  void close();
  /// A thread that ends takes its shard with it while what a waker needs is still there.
  static void end(void *data) { static_cast<OpenShard *>(data)->close(); }
  /// Whatever is made later is ended earlier: the shard must go before what it calls.
  void end_first();

  napi_env env;
  std::unique_ptr<Shard> shard;
  std::unique_ptr<Waker> waker;
  const Kernel *kernel = nullptr;
  napi_ref queue_counters = nullptr;

  // shard_links.cc; null where links are not native.
  void close_links();
  std::unique_ptr<SocketLoop> links;
  LoopWatch *watch = nullptr;
  napi_ref link_memory = nullptr;
  napi_ref turn = nullptr;
  napi_async_context turn_context = nullptr;
};

}  // namespace ramson
