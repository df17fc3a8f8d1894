// The load generator's runs. Each function converts its arguments, calls native/load, and converts back. What a run is
// made of it takes over: descriptors of links, directions of flows.

#include "../load/load_run.h"

#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

template <std::size_t Count>
LoadRun *find(const Arguments<Count> &arguments) {
  return arguments.template data<Environment>().load_runs.find(arguments.handle(0));
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value failure(napi_env env, Status status) { return number(env, -static_cast<double>(status)); }

double double_at(napi_env env, napi_value value) {
  double result = -1;
  return napi_get_value_double(env, value, &result) == napi_ok ? result : -1;
}

/// loadOpen(kernel, pattern, handle): writes slot and generation.
napi_value open(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  if (kernel == nullptr) return answer(env, Status::kBadChoice);
  const View pattern = arguments.view(1);
  const auto handle = arguments.words(2);
  if (pattern.size != kLoadCell || handle.size != 2) return answer(env, Status::kBadSize);
  auto run = LoadRun::open(*kernel, pattern.octets);
  // No choice of this system's.
  if (run == nullptr) return answer(env, Status::kBadChoice);
  const Handle opened = arguments.data<Environment>().load_runs.add(std::move(run));
  handle.words[0] = opened.slot;
  handle.words[1] = opened.generation;
  return nullptr;
}

/// loadLink(slot, generation, place, secrets, sequences, held, behind): `place` is descriptor, suite and 1 for a
/// server; secrets and sequences those of reading and writing. The link's place, or minus a status.
napi_value link(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  LoadRun *run = find(arguments);
  if (run == nullptr) return failure(env, Status::kStaleHandle);
  const auto place = arguments.words(2);
  const View secrets = arguments.view(3), held = arguments.view(5), behind = arguments.view(6);
  const auto sequences = arguments.doubles(4);
  if (place.size != 3 || sequences.size != 2) return failure(env, Status::kBadSize);
  const bool is_sequence = sequences.numbers[0] >= 0 && sequences.numbers[0] <= UINT32_MAX &&
                           sequences.numbers[1] >= 0 && sequences.numbers[1] <= UINT32_MAX;
  if (place.words[1] > UINT16_MAX || place.words[0] > INT32_MAX || !is_sequence) {
    return failure(env, Status::kBadChoice);
  }
  const auto suite = static_cast<TlsSuite>(place.words[1]);
  const std::size_t size = traffic_secret_size(suite);
  if (size == 0) return failure(env, Status::kBadChoice);
  if (secrets.size != 2 * size) return failure(env, Status::kBadSize);
  const auto sequence = [&](std::size_t at) { return static_cast<std::uint64_t>(sequences.numbers[at]); };
  const std::uint32_t added = run->add_link({.descriptor = static_cast<int>(place.words[0]),
                                             .suite = suite,
                                             .end = place.words[2] == 1 ? TlsEnd::kServer : TlsEnd::kClient,
                                             .reading = {secrets.octets, sequence(0)},
                                             .writing = {secrets.octets + size, sequence(1)},
                                             .held = {held.octets, held.size},
                                             .behind = {behind.octets, behind.size}});
  return added == LoadRun::kNoPlace ? failure(env, Status::kBadChoice) : number(env, added);
}

/// loadFlow(slot, generation, place, layers): `place` is from, fromId, to, toId; `layers` handles of up to two
/// directions, which name nothing any more then.
napi_value flow(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  LoadRun *run = find(arguments);
  if (run == nullptr || run->has_begun()) return answer(env, Status::kStaleHandle);
  const auto place = arguments.words(2), layers = arguments.words(3);
  if (place.size != 4 || layers.size > 4 || layers.size % 2 != 0) return answer(env, Status::kBadSize);
  HandleTable<RelayDirection> &directions = arguments.data<Environment>().directions;
  LoadFlow flow{.from = place.words[0], .from_id = place.words[1], .to = place.words[2], .to_id = place.words[3]};
  for (std::size_t i = 0; 2 * i < layers.size; i++) {
    flow.layers[i] = directions.release({layers.words[2 * i], layers.words[2 * i + 1]});
    if (flow.layers[i] == nullptr) return answer(env, Status::kStaleHandle);
  }
  return answer(env, run->add_flow(std::move(flow)) ? Status::kDone : Status::kBadChoice);
}

/// loadPump(slot, generation, settings): writeCells, recordCells, run, window.
napi_value pump(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  LoadRun *run = find(arguments);
  if (run == nullptr) return answer(env, Status::kStaleHandle);
  const auto settings = arguments.words(2);
  if (settings.size != 4) return answer(env, Status::kBadSize);
  const bool has_begun = run->pump({settings.words[0], settings.words[1], settings.words[2], settings.words[3]});
  return answer(env, has_begun ? Status::kDone : Status::kBadChoice);
}

/// loadPace(slot, generation, settings): cells per second, milliseconds of warm-up, milliseconds measured.
napi_value pace(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  LoadRun *run = find(arguments);
  if (run == nullptr) return answer(env, Status::kStaleHandle);
  const auto settings = arguments.doubles(2);
  if (settings.size != 3) return answer(env, Status::kBadSize);
  const bool has_begun = run->pace({settings.numbers[0], settings.numbers[1], settings.numbers[2]});
  return answer(env, has_begun ? Status::kDone : Status::kBadChoice);
}

/// loadStop(slot, generation): nothing more is sent.
napi_value stop(napi_env env, napi_callback_info info) {
  LoadRun *run = find(Arguments<2>(env, info));
  if (run == nullptr) return answer(env, Status::kStaleHandle);
  run->stop();
  return nullptr;
}

/// loadRun(slot, generation, ms, report): works for so long and writes sent, received, measured, late, fault, detail.
napi_value run(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  LoadRun *run = find(arguments);
  if (run == nullptr) return answer(env, Status::kStaleHandle);
  const double ms = double_at(env, arguments.value(2));
  const auto report = arguments.doubles(3);
  if (report.size != 6) return answer(env, Status::kBadSize);
  if (!(ms >= 0)) return answer(env, Status::kBadChoice);
  run->run(ms);
  const LoadCounts &counts = run->counts();
  const std::uint64_t numbers[] = {counts.sent, counts.received, counts.measured, counts.late};
  for (std::size_t i = 0; i < 4; i++) report.numbers[i] = static_cast<double>(numbers[i]);
  report.numbers[4] = static_cast<double>(counts.fault);
  report.numbers[5] = counts.detail;
  return nullptr;
}

/// loadDelays(slot, generation, out): copies as many as there are and fit; gives how many there are, or minus a status.
napi_value delays(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const LoadRun *run = find(arguments);
  if (run == nullptr) return failure(env, Status::kStaleHandle);
  const auto out = arguments.doubles(2);
  const auto delays = run->delays();
  for (std::size_t i = 0; i < delays.size() && i < out.size; i++) out.numbers[i] = delays[i];
  return number(env, static_cast<double>(delays.size()));
}

/// loadClose(slot, generation): closes the links.
napi_value close(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const bool is_closed = arguments.data<Environment>().load_runs.remove(arguments.handle(0));
  return answer(env, is_closed ? Status::kDone : Status::kStaleHandle);
}

}  // namespace

void define_load(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "loadOpen", open, environment);
  define(env, exports, "loadLink", link, environment);
  define(env, exports, "loadFlow", flow, environment);
  define(env, exports, "loadPump", pump, environment);
  define(env, exports, "loadPace", pace, environment);
  define(env, exports, "loadStop", stop, environment);
  define(env, exports, "loadRun", run, environment);
  define(env, exports, "loadDelays", delays, environment);
  define(env, exports, "loadClose", close, environment);
}

}  // namespace ramson
