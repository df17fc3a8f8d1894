// CGO hops by handle. Each function converts its arguments, calls native/crypto, and converts back.

#include "../crypto/cgo.h"

#include <cstring>

#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

/// cgoOpen(end, material, tweaks, kernel, handle): writes slot and generation into `handle`. end: 0 relay, 1 origin.
napi_value cgo_open(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  const std::uint32_t end = arguments.number(0);
  const Kernel *kernel = kernel_at(arguments.number(3));
  if (end > 1 || kernel == nullptr) return answer(env, Status::kBadChoice);
  const View material = arguments.view(1), tweaks = arguments.view(2);
  const auto out = arguments.words(4);
  if (material.size != 2 * kCgoDirectionKeySize || tweaks.size != 2 * kCgoTagSize || out.size != 2) {
    return answer(env, Status::kBadSize);
  }
  std::unique_ptr<CgoHop> hop(new CgoHop(*kernel, static_cast<CgoEnd>(end), material.octets, tweaks.octets));
  const Handle handle = arguments.data<Environment>().cgo_hops.add(std::move(hop));
  out.words[0] = handle.slot;
  out.words[1] = handle.generation;
  return nullptr;
}

/// The hop, the channel command and the body that a per-cell call names, or why there are none.
struct CellCall {
  CgoHop *hop;
  std::uint8_t command;
  std::uint8_t *body;
  Status status;
};

/// (slot, generation, command, body)
CellCall cell_call(const Arguments<4> &arguments) {
  CgoHop *hop = arguments.data<Environment>().cgo_hops.find(arguments.handle(0));
  if (hop == nullptr) return {nullptr, 0, nullptr, Status::kStaleHandle};
  const std::uint32_t command = arguments.number(2);
  const View body = arguments.view(3);
  if (command > UINT8_MAX) return {nullptr, 0, nullptr, Status::kBadChoice};
  if (body.size != kCgoBodySize) return {nullptr, 0, nullptr, Status::kBadSize};
  return {hop, static_cast<std::uint8_t>(command), body.octets, Status::kDone};
}

napi_value answer(napi_env env, bool recognized) {
  napi_value value;
  napi_get_boolean(env, recognized, &value);
  return value;
}

/// True, false, or a status.
napi_value cgo_outbound(napi_env env, napi_callback_info info) {
  const CellCall call = cell_call(Arguments<4>(env, info));
  if (call.status != Status::kDone) return ramson::answer(env, call.status);
  return answer(env, call.hop->outbound(call.command, call.body));
}

/// True, false, or a status.
napi_value cgo_inbound(napi_env env, napi_callback_info info) {
  const CellCall call = cell_call(Arguments<4>(env, info));
  if (call.status != Status::kDone) return ramson::answer(env, call.status);
  return answer(env, call.hop->inbound(call.command, call.body));
}

napi_value cgo_originate(napi_env env, napi_callback_info info) {
  const CellCall call = cell_call(Arguments<4>(env, info));
  if (call.status == Status::kDone) call.hop->originate(call.command, call.body);
  return ramson::answer(env, call.status);
}

/// cgoTag(slot, generation, out): copies the tag into 16 octets.
napi_value cgo_tag(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const CgoHop *hop = arguments.data<Environment>().cgo_hops.find(arguments.handle(0));
  if (hop == nullptr) return ramson::answer(env, Status::kStaleHandle);
  if (hop->tag() == nullptr) return ramson::answer(env, Status::kNoTag);
  const View out = arguments.view(2);
  if (out.size != kCgoTagSize) return ramson::answer(env, Status::kBadSize);
  std::memcpy(out.octets, hop->tag(), kCgoTagSize);
  return nullptr;
}

/// cgoClose(slot, generation): wipes and frees.
napi_value cgo_close(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const bool closed = arguments.data<Environment>().cgo_hops.remove(arguments.handle(0));
  return ramson::answer(env, closed ? Status::kDone : Status::kStaleHandle);
}

}  // namespace

void define_cgo(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "cgoOpen", cgo_open, environment);
  define(env, exports, "cgoOutbound", cgo_outbound, environment);
  define(env, exports, "cgoInbound", cgo_inbound, environment);
  define(env, exports, "cgoOriginate", cgo_originate, environment);
  define(env, exports, "cgoTag", cgo_tag, environment);
  define(env, exports, "cgoClose", cgo_close, environment);
}

}  // namespace ramson
