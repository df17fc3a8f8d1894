// What one JavaScript environment (the main thread, or a worker) owns natively. Every environment has its own. The only
// mutable static of the addon is the exchange in which the shards of all environments meet (shard/exchange.h).
#pragma once

#include <napi.h>

#include "../crypto/cgo.h"
#include "../crypto/relay_direction.h"
#include "../load/load_run.h"
#include "handle_table.h"

namespace ramson {

/// A shard of the data plane with what it needs of its environment (open_shard.h).
struct OpenShard;

struct OpenShards {
  OpenShards();
  ~OpenShards();
  HandleTable<OpenShard> table;
};

struct Environment {
  HandleTable<RelayDirection> directions;
  HandleTable<CgoHop> cgo_hops;
  OpenShards shards;
  HandleTable<LoadRun> load_runs;
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

/// galoisMode, sealRecords, openRecords: the record layer by itself, for the same.
void define_records(Napi::Env env, Napi::Object exports, Environment &environment);

/// x25519, ntorAnswer, ntorV3Open, ntorV3Seal.
void define_onion_skins(Napi::Env env, Napi::Object exports, Environment &environment);

/// duplicateDescriptor, closeDescriptor, sendDatagram.
void define_descriptors(Napi::Env env, Napi::Object exports, Environment &environment);

/// keepCapabilities, keepBindCapability, setDumpable, forbidPrograms, enterSandbox.
void define_confinement(Napi::Env env, Napi::Object exports, Environment &environment);

/// shardOpen, shardClose and what a shard does in between.
void define_shards(Napi::Env env, Napi::Object exports, Environment &environment);
/// shardLinksOpen, shardLinkAdopt and what else there is to native links.
void define_shard_links(Napi::Env env, Napi::Object exports, Environment &environment);

/// loadOpen, loadClose and what a run of the load generator does in between.
void define_load(Napi::Env env, Napi::Object exports, Environment &environment);
/// shardThreads.
void define_shard_threads(Napi::Env env, Napi::Object exports, Environment &environment);

/// The kernel at a place in the list that the addon exports; null beyond it.
const Kernel *kernel_at(std::uint32_t index);

}  // namespace ramson
