// Relay directions by handle. Each function converts its arguments, calls native/crypto, and converts back.

#include <cstring>
#include <new>

#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

/// open(algorithm, digestSeed, key, kernel, handle): writes slot and generation into `handle`.
napi_value open(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const std::uint32_t choice = arguments.number(0);
  const Kernel *kernel = kernel_at(arguments.number(3));
  if (choice > 1 || kernel == nullptr) return answer(env, Status::kBadChoice);
  const auto algorithm = static_cast<RelayAlgorithm>(choice);
  const RelayKeySizes sizes = relay_key_sizes(algorithm);
  const View seed = arguments.view(1), key = arguments.view(2);
  const auto out = arguments.words(4);
  if (seed.size != sizes.digest_seed || key.size != sizes.key || out.size != 2) return answer(env, Status::kBadSize);
  std::unique_ptr<RelayDirection> direction(new RelayDirection(*kernel, algorithm, seed.octets, key.octets));
  const Handle handle = arguments.data<Environment>().directions.add(std::move(direction));
  out.words[0] = handle.slot;
  out.words[1] = handle.generation;
  return nullptr;
}

/// The direction and the body that a per-cell call names, or why there are none.
struct CellCall {
  RelayDirection *direction;
  View body;
  Status status;
};

CellCall cell_call(const Arguments<3> &arguments) {
  RelayDirection *direction = arguments.data<Environment>().directions.find(arguments.handle(0));
  if (direction == nullptr) return {nullptr, {}, Status::kStaleHandle};
  const View body = arguments.view(2);
  return {direction, body, body.size == kRelayBodySize ? Status::kDone : Status::kBadSize};
}

/// crypt(slot, generation, body)
napi_value crypt(napi_env env, napi_callback_info info) {
  const CellCall call = cell_call(Arguments<3>(env, info));
  if (call.status == Status::kDone) call.direction->crypt(call.body.octets);
  return answer(env, call.status);
}

/// seal(slot, generation, body)
napi_value seal(napi_env env, napi_callback_info info) {
  const CellCall call = cell_call(Arguments<3>(env, info));
  if (call.status == Status::kDone) call.direction->seal(call.body.octets);
  return answer(env, call.status);
}

/// recognize(slot, generation, body): true, false, or a status.
napi_value recognize(napi_env env, napi_callback_info info) {
  const CellCall call = cell_call(Arguments<3>(env, info));
  if (call.status != Status::kDone) return answer(env, call.status);
  napi_value value;
  napi_get_boolean(env, call.direction->recognize(call.body.octets), &value);
  return value;
}

/// tag(slot, generation, out): copies the tag into 20 octets.
napi_value tag(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const RelayDirection *direction = arguments.data<Environment>().directions.find(arguments.handle(0));
  if (direction == nullptr) return answer(env, Status::kStaleHandle);
  if (direction->tag() == nullptr) return answer(env, Status::kNoTag);
  const View out = arguments.view(2);
  if (out.size != kRelayTagSize) return answer(env, Status::kBadSize);
  std::memcpy(out.octets, direction->tag(), kRelayTagSize);
  return nullptr;
}

/// close(slot, generation): wipes and frees.
napi_value close(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const bool closed = arguments.data<Environment>().directions.remove(arguments.handle(0));
  return answer(env, closed ? Status::kDone : Status::kStaleHandle);
}

/// cryptBatch(handles, cells, first, stride, count): crypts `count` bodies, the first at `first` and each `stride`
/// octets after the one before; handles[2 * i] and handles[2 * i + 1] name the direction of body i. All or nothing.
napi_value crypt_batch(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const auto handles = arguments.words(0);
  const View cells = arguments.view(1);
  const std::size_t first = arguments.number(2), stride = arguments.number(3), count = arguments.number(4);
  if (count == 0) return nullptr;
  // Products of 32-bit numbers do not overflow 64 bits.
  if (handles.size < 2 * count || cells.size < first + (count - 1) * stride + kRelayBodySize) {
    return answer(env, Status::kBadSize);
  }
  const HandleTable<RelayDirection> &directions = arguments.data<Environment>().directions;
  const auto direction_of = [&](std::size_t i) {
    return directions.find({handles.words[2 * i], handles.words[2 * i + 1]});
  };
  for (std::size_t i = 0; i < count; i++) {
    if (direction_of(i) == nullptr) return answer(env, Status::kStaleHandle);
  }
  for (std::size_t i = 0; i < count; i++) direction_of(i)->crypt(cells.octets + first + i * stride);
  return nullptr;
}

/// openDirections(): directions and CGO hops open in this environment, for leak tests and metrics.
napi_value open_directions(napi_env env, napi_callback_info info) {
  const Environment &environment = Arguments<1>(env, info).data<Environment>();
  napi_value value;
  napi_create_double(env, static_cast<double>(environment.directions.count() + environment.cgo_hops.count()), &value);
  return value;
}

}  // namespace

void define_directions(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "open", open, environment);
  define(env, exports, "crypt", crypt, environment);
  define(env, exports, "seal", seal, environment);
  define(env, exports, "recognize", recognize, environment);
  define(env, exports, "tag", tag, environment);
  define(env, exports, "close", close, environment);
  define(env, exports, "cryptBatch", crypt_batch, environment);
  define(env, exports, "openDirections", open_directions, environment);
}

}  // namespace ramson
