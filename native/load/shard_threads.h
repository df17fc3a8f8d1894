// Shards in threads of their own, fed from memory: what more of them move together than one, with nothing of Node,
// sockets or TLS in between, so that a thread spends all of its time on cells and no load generator stands in the way.
//
// Every shard has links that bring cells and links that take them. Of its circuits as many go on at each other shard as
// at itself, as in a relay whose links are dealt to shards evenly: with two shards half of the cells cross.
#pragma once

#include <cstddef>

#include "../kernels/kernel.h"

namespace ramson {

struct ShardThreadsSettings {
  const Kernel *kernel;
  /// At most kShardThreadsMax.
  std::size_t threads;
  /// False: every circuit goes on at its own shard.
  bool crosses;
  double warm_up_ms, measured_ms;
};

inline constexpr std::size_t kShardThreadsMax = 64;

/// Of all threads together, but for the time.
struct ShardThreadsFigures {
  /// That went out.
  double cells;
  double seconds;
  /// Of the threads alone.
  double cpu_seconds;
  /// Messages from shard to shard.
  double crossed;
};

/// Returns when it is over. The shards meet in an exchange of their own.
ShardThreadsFigures run_shard_threads(const ShardThreadsSettings &settings);

}  // namespace ramson
