// What the process gives up (confinement/confinement.h). Each call gives a number of errno, 0 for success.

#include "../confinement/confinement.h"

#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

napi_value answer_error(napi_env env, SystemError error) {
  napi_value value;
  napi_create_int32(env, error, &value);
  return value;
}

napi_value keep_capabilities_call(napi_env env, napi_callback_info) { return answer_error(env, keep_capabilities()); }

napi_value keep_bind_capability_call(napi_env env, napi_callback_info) {
  return answer_error(env, keep_bind_capability_alone());
}

/// setDumpable(1 or 0)
napi_value set_dumpable_call(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  return answer_error(env, set_dumpable(arguments.number(0) == 1));
}

napi_value forbid_programs_call(napi_env env, napi_callback_info) { return answer_error(env, forbid_programs()); }

napi_value enter_sandbox_call(napi_env env, napi_callback_info) { return answer_error(env, enter_sandbox()); }

}  // namespace

void define_confinement(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "keepCapabilities", keep_capabilities_call, environment);
  define(env, exports, "keepBindCapability", keep_bind_capability_call, environment);
  define(env, exports, "setDumpable", set_dumpable_call, environment);
  define(env, exports, "forbidPrograms", forbid_programs_call, environment);
  define(env, exports, "enterSandbox", enter_sandbox_call, environment);
}

}  // namespace ramson
