// Shards in threads of their own, as `ramson bench shards` measures them.

#include "../load/shard_threads.h"

#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

constexpr double kMsMax = 600'000;

bool is_time(double ms) { return ms >= 0 && ms <= kMsMax; }

/// shardThreads(kernel, settings, report): `settings` are threads, 1 where cells cross, milliseconds of warm-up,
/// milliseconds measured. Writes cells, seconds, CPU seconds of the threads, and messages from shard to shard.
napi_value shard_threads(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const auto settings = arguments.doubles(1), report = arguments.doubles(2);
  if (settings.size != 4 || report.size != 4) return answer(env, Status::kBadSize);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const double threads = settings.numbers[0], warm_up_ms = settings.numbers[2], measured_ms = settings.numbers[3];
  const bool are_threads = threads >= 1 && threads <= static_cast<double>(kShardThreadsMax);
  if (kernel == nullptr || !are_threads || !is_time(warm_up_ms) || !is_time(measured_ms)) {
    return answer(env, Status::kBadChoice);
  }
  const ShardThreadsFigures figures = run_shard_threads({.kernel = kernel,
                                                         .threads = static_cast<std::size_t>(threads),
                                                         .crosses = settings.numbers[1] == 1,
                                                         .warm_up_ms = warm_up_ms,
                                                         .measured_ms = measured_ms});
  report.numbers[0] = figures.cells;
  report.numbers[1] = figures.seconds;
  report.numbers[2] = figures.cpu_seconds;
  report.numbers[3] = figures.crossed;
  return nullptr;
}

}  // namespace

void define_shard_threads(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "shardThreads", shard_threads, environment);
}

}  // namespace ramson
