// What one JavaScript environment (the main thread, or a worker) owns natively. Every environment has its own: there
// are no other mutable statics in the addon, so threads share nothing and nothing is locked.
#pragma once

#include <napi.h>

#include "../crypto/cgo.h"
#include "../crypto/relay_direction.h"
#include "handle_table.h"

namespace ramson {

struct Environment {
  HandleTable<RelayDirection> directions;
  HandleTable<CgoHop> cgo_hops;
};

/// Defines a function whose data is the environment.
inline void define(Napi::Env env, Napi::Object exports, const char *name, napi_callback function, Environment &data) {
  napi_value value;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, &data, &value) == napi_ok) {
    exports.Set(name, Napi::Value(env, value));
  }
}

/// open, crypt, recognize, seal, tag, close, cryptBatch, openDirections.
void define_directions(Napi::Env env, Napi::Object exports, Environment &environment);
/// cgoOpen, cgoOutbound, cgoInbound, cgoOriginate, cgoTag, cgoClose.
void define_cgo(Napi::Env env, Napi::Object exports, Environment &environment);
/// counterMode, runningDigest: the primitives by themselves, for checks and measurements.
void define_primitives(Napi::Env env, Napi::Object exports, Environment &environment);

/// duplicateDescriptor, closeDescriptor.
void define_descriptors(Napi::Env env, Napi::Object exports, Environment &environment);

/// The kernel at a place in the list that the addon exports; null beyond it.
const Kernel *kernel_at(std::uint32_t index);

}  // namespace ramson
