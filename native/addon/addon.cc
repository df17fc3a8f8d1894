// The export list, and nothing more.

#include <napi.h>

#include "../kernels/kernels.h"
#include "environment.h"

namespace ramson {
namespace {

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports) {
    const Kernel *kernel = process_kernel();
    if (kernel == nullptr) {
      Napi::Error::New(env, kernel_error()).ThrowAsJavaScriptException();
      return;
    }
    const auto kernels = usable_kernels();
    Napi::Array names = Napi::Array::New(env, kernels.size());
    for (std::uint32_t i = 0; i < kernels.size(); i++) names[i] = Napi::String::New(env, kernels[i].name);
    exports.Set("kernels", names);
    exports.Set("kernel", Napi::String::New(env, kernel->name));
    define_directions(env, exports, environment_);
    define_cgo(env, exports, environment_);
    define_primitives(env, exports, environment_);
    define_records(env, exports, environment_);
    define_shards(env, exports, environment_);
    define_shard_links(env, exports, environment_);
    define_onion_skins(env, exports, environment_);
    define_descriptors(env, exports, environment_);
    define_load(env, exports, environment_);
    define_shard_threads(env, exports, environment_);
    define_confinement(env, exports, environment_);
  }

 private:
  // Destroyed with the environment; whatever was left open is wiped then.
  Environment environment_;
};

}  // namespace

const Kernel *kernel_at(std::uint32_t index) {
  const auto kernels = usable_kernels();
  return index < kernels.size() ? &kernels[index] : nullptr;
}

}  // namespace ramson

using RamsonAddon = ramson::Addon;
NODE_API_ADDON(RamsonAddon)
