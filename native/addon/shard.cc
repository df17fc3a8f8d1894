// Shards by handle. Each function converts its arguments, calls native/shard, and converts back. A shard belongs to the
// environment that opened it; the environments meet in the exchange of the process.

#include "../net/prompt_thread.h"

#include "arguments.h"
#include "environment.h"
#include "open_shard.h"

namespace ramson {
namespace {

/// Gets a thread that waits in its event loop to call back. Owned by a shard; called by the threads of other shards.
class LoopWaker : public Waker {
 public:
  explicit LoopWaker(napi_threadsafe_function function) : function_(function) {}
  ~LoopWaker() override { napi_release_threadsafe_function(function_, napi_tsfn_abort); }
  // Refused when a call waits already: one is enough.
  void wake() override { napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking); }

 private:
  napi_threadsafe_function function_;
};

}  // namespace

OpenShard::OpenShard(napi_env env, std::unique_ptr<Shard> shard) : env(env), shard(std::move(shard)) {
  napi_add_env_cleanup_hook(env, end, this);
}

OpenShard::~OpenShard() {
  napi_remove_env_cleanup_hook(env, end, this);
  close();
  if (queue_counters != nullptr) napi_delete_reference(env, queue_counters);
}

void OpenShard::set_waker(std::unique_ptr<Waker> next) {
  Exchange::process().set_waker(shard->index(), next.get());
  waker = std::move(next);
}

void OpenShard::close() {
  if (shard == nullptr) return;
  close_links();
  set_waker(nullptr);
  shard.reset();
}

void OpenShard::end_first() {
  napi_remove_env_cleanup_hook(env, end, this);
  napi_add_env_cleanup_hook(env, end, this);
}

OpenShards::OpenShards() = default;
OpenShards::~OpenShards() = default;

namespace {

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value number(napi_env env, std::size_t value) { return number(env, static_cast<double>(value)); }

/// A failure of a call that gives a number.
napi_value failure(napi_env env, Status status) { return number(env, -static_cast<double>(status)); }

/// Null for a handle that names no shard any more.
template <std::size_t Count>
OpenShard *find_open(const Arguments<Count> &arguments) {
  return arguments.template data<Environment>().shards.table.find(arguments.handle(0));
}

template <std::size_t Count>
Shard *find(const Arguments<Count> &arguments) {
  OpenShard *open = find_open(arguments);
  return open == nullptr ? nullptr : open->shard.get();
}

/// shardOpen(settings, queueCounters, handle): writes slot and generation into `handle`.
napi_value shard_open(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const auto settings = arguments.words(0), counters = arguments.words(1), out = arguments.words(2);
  if (settings.size != 6 || out.size != 2) return answer(env, Status::kBadSize);
  const auto [index, shards, circuit_cells_max, outbound_cells_max, half_life_ms, kernel] =
      *reinterpret_cast<const std::array<std::uint32_t, 6> *>(settings.words);
  if (shards > kShardsMax || index >= shards || half_life_ms == 0 || kernel_at(kernel) == nullptr) {
    return answer(env, Status::kBadChoice);
  }
  std::unique_ptr<Shard> shard = Shard::open({.index = static_cast<std::uint8_t>(index),
                                              .shards = static_cast<std::uint16_t>(shards),
                                              .limits = {circuit_cells_max, outbound_cells_max, half_life_ms},
                                              .kernel = kernel_at(kernel),
                                              .exchange = &Exchange::process(),
                                              .queue_counters = counters.words,
                                              .queue_counter_words = counters.size});
  if (shard == nullptr) return answer(env, Status::kBadChoice);
  std::unique_ptr<OpenShard> open(new OpenShard(env, std::move(shard)));
  open->kernel = kernel_at(kernel);
  if (counters.words != nullptr) napi_create_reference(env, arguments.value(1), 1, &open->queue_counters);
  const Handle handle = arguments.data<Environment>().shards.table.add(std::move(open));
  out.words[0] = handle.slot;
  out.words[1] = handle.generation;
  return nullptr;
}

/// shardClose(slot, generation): wipes and frees.
napi_value shard_close(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const bool closed = arguments.data<Environment>().shards.table.remove(arguments.handle(0));
  return answer(env, closed ? Status::kDone : Status::kStaleHandle);
}

/// shardChannelOpen(slot, generation, channel, linkVersion): the channel's slot, or minus a status.
napi_value shard_channel_open(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Shard *shard = find(arguments);
  if (shard == nullptr) return failure(env, Status::kStaleHandle);
  const std::uint64_t channel = arguments.integer(2);
  if (channel == UINT64_MAX) return failure(env, Status::kBadChoice);
  const std::uint32_t slot = shard->channel_open(channel, arguments.number(3));
  return slot == Shard::kNoSlot ? failure(env, Status::kBadChoice) : number(env, std::size_t{slot});
}

napi_value shard_channel_close(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Shard *shard = find(arguments);
  if (shard == nullptr) return answer(env, Status::kStaleHandle);
  return answer(env, shard->channel_close(arguments.number(2)) ? Status::kDone : Status::kBadChoice);
}

/// shardReceive(slot, generation, channelSlot, chunk): octets taken.
napi_value shard_receive(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Shard *shard = find(arguments);
  if (shard == nullptr) return failure(env, Status::kStaleHandle);
  const View chunk = arguments.view(3);
  return number(env, shard->receive(arguments.number(2), chunk.octets, chunk.size));
}

/// shardCommands(slot, generation, records, length)
napi_value shard_commands(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  Shard *shard = find(arguments);
  if (shard == nullptr) return answer(env, Status::kStaleHandle);
  const View records = arguments.view(2);
  const std::size_t length = arguments.number(3);
  if (length > records.size) return answer(env, Status::kBadSize);
  return answer(env, shard->commands(records.octets, length) ? Status::kDone : Status::kBadChoice);
}

napi_value take_events(napi_env env, napi_callback_info info, RecordBuffer &(Shard::*events)()) {
  const Arguments<3> arguments(env, info);
  const OpenShard *open = find_open(arguments);
  if (open == nullptr || open->shard == nullptr) return failure(env, Status::kStaleHandle);
  const View out = arguments.view(2);
  RecordBuffer &buffer = (open->shard.get()->*events)();
  const std::size_t taken = buffer.take(out.octets, out.size);
  // Else whoever empties the buffer would go on for ever.
  if (taken == 0 && buffer.size() > 0) return failure(env, Status::kBadSize);
  if (taken > 0 && open->links != nullptr) open->links->events_taken();
  return number(env, taken);
}

napi_value shard_take_events(napi_env env, napi_callback_info info) { return take_events(env, info, &Shard::events); }
napi_value shard_take_link_events(napi_env env, napi_callback_info info) {
  return take_events(env, info, &Shard::link_events);
}

/// shardTurn(slot, generation, nowMs, dirty): slots written.
napi_value shard_turn(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  const OpenShard *open = find_open(arguments);
  if (open == nullptr || open->shard == nullptr) return failure(env, Status::kStaleHandle);
  double now_ms = -1;
  if (napi_get_value_double(env, arguments.value(2), &now_ms) != napi_ok || !(now_ms >= 0 && now_ms < 9e15)) {
    return failure(env, Status::kBadChoice);
  }
  const auto dirty = arguments.words(3);
  if (open->links != nullptr) return number(env, open->links->turn(dirty.words, dirty.size));
  return number(env, open->shard->turn(now_ms, dirty.words, dirty.size));
}

/// shardTake(slot, generation, channelSlot, out, at, max): octets written.
napi_value shard_take(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  Shard *shard = find(arguments);
  if (shard == nullptr) return failure(env, Status::kStaleHandle);
  const View out = arguments.view(3);
  const std::size_t at = arguments.number(4), max = arguments.number(5);
  if (at > out.size) return failure(env, Status::kBadSize);
  const std::size_t room = max < out.size - at ? max : out.size - at;
  return number(env, shard->take(arguments.number(2), out.octets + at, room));
}

napi_value shard_backlog(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Shard *shard = find(arguments);
  return shard == nullptr ? failure(env, Status::kStaleHandle) : number(env, shard->backlog(arguments.number(2)));
}

napi_value shard_circuits(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Shard *shard = find(arguments);
  return shard == nullptr ? failure(env, Status::kStaleHandle) : number(env, shard->circuits_on(arguments.number(2)));
}

napi_value shard_is_used(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Shard *shard = find(arguments);
  if (shard == nullptr) return failure(env, Status::kStaleHandle);
  return number(env, std::size_t{shard->is_used(arguments.number(2))});
}

napi_value shard_queued_cells(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Shard *shard = find(arguments);
  return shard == nullptr ? failure(env, Status::kStaleHandle) : number(env, shard->queued_cells(arguments.integer(2)));
}

/// shardCounters(slot, generation, out): numbers in the order of SHARD_COUNTERS.
napi_value shard_counters(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const Shard *shard = find(arguments);
  if (shard == nullptr) return answer(env, Status::kStaleHandle);
  const auto out = arguments.doubles(2);
  if (out.size < shard_records::kCounters) return answer(env, Status::kBadSize);
  shard->write_counters(out.numbers);
  return nullptr;
}

/// shardOnWake(slot, generation, callback)
napi_value shard_on_wake(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  OpenShard *open = find_open(arguments);
  if (open == nullptr || open->shard == nullptr) return answer(env, Status::kStaleHandle);
  napi_value name;
  napi_threadsafe_function function;
  napi_create_string_utf8(env, "ramson shard", NAPI_AUTO_LENGTH, &name);
  const napi_status made = napi_create_threadsafe_function(env, arguments.value(2), nullptr, name, 1, 1, nullptr,
                                                           nullptr, nullptr, nullptr, &function);
  if (made != napi_ok) return answer(env, Status::kBadChoice);
  napi_unref_threadsafe_function(env, function);
  open->set_waker(std::unique_ptr<Waker>(new LoopWaker(function)));
  open->end_first();
  return nullptr;
}

/// promptThread(): the calling thread is a shard's from now on. Whether the system gives it short turns.
napi_value prompt_thread(napi_env env, napi_callback_info) {
  napi_value result;
  napi_get_boolean(env, ask_for_short_turns(), &result);
  return result;
}

}  // namespace

void define_shards(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "promptThread", prompt_thread, environment);
  define(env, exports, "shardOpen", shard_open, environment);
  define(env, exports, "shardClose", shard_close, environment);
  define(env, exports, "shardChannelOpen", shard_channel_open, environment);
  define(env, exports, "shardChannelClose", shard_channel_close, environment);
  define(env, exports, "shardReceive", shard_receive, environment);
  define(env, exports, "shardCommands", shard_commands, environment);
  define(env, exports, "shardTakeEvents", shard_take_events, environment);
  define(env, exports, "shardTakeLinkEvents", shard_take_link_events, environment);
  define(env, exports, "shardTurn", shard_turn, environment);
  define(env, exports, "shardTake", shard_take, environment);
  define(env, exports, "shardBacklog", shard_backlog, environment);
  define(env, exports, "shardCircuits", shard_circuits, environment);
  define(env, exports, "shardIsUsed", shard_is_used, environment);
  define(env, exports, "shardQueuedCells", shard_queued_cells, environment);
  define(env, exports, "shardCounters", shard_counters, environment);
  define(env, exports, "shardOnWake", shard_on_wake, environment);
}

}  // namespace ramson
