// Reading the arguments of a call. The Node-API itself is used here, not its C++ wrapper, because these functions run
// per cell and the wrapper's objects cost as much as the cipher.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>

#include "handle_table.h"

namespace ramson {

/// Octets of a Uint8Array; null and empty when the value is none.
struct View {
  std::uint8_t *octets = nullptr;
  std::size_t size = 0;
};

/// The arguments of one call and the data its function was made with.
template <std::size_t Count>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    std::size_t count = Count;
    napi_get_cb_info(env, info, &count, values_, nullptr, &data_);
  }

  template <typename T>
  T &data() const {
    return *static_cast<T *>(data_);
  }

  View view(std::size_t at) const { return typed_array(at, napi_uint8_array); }

  /// Words of a Uint32Array, counted in words.
  struct Words {
    std::uint32_t *words;
    std::size_t size;
  };
  Words words(std::size_t at) const {
    const View view = typed_array(at, napi_uint32_array);
    return {reinterpret_cast<std::uint32_t *>(view.octets), view.size};
  }

  /// Numbers of a Float64Array, counted in numbers.
  struct Doubles {
    double *numbers;
    std::size_t size;
  };
  Doubles doubles(std::size_t at) const {
    const View view = typed_array(at, napi_float64_array);
    return {reinterpret_cast<double *>(view.octets), view.size};
  }

  /// A whole number of up to 53 bits; anything else counts as the largest number, which names nothing.
  std::uint64_t integer(std::size_t at) const {
    constexpr double kLimit = 9007199254740992.0;
    double value = -1;
    if (napi_get_value_double(env_, values_[at], &value) != napi_ok || !(value >= 0 && value < kLimit)) {
      return UINT64_MAX;
    }
    return static_cast<std::uint64_t>(value);
  }

  napi_value value(std::size_t at) const { return values_[at]; }

  /// What is no number counts as the largest number, which no slot, generation or length ever is.
  std::uint32_t number(std::size_t at) const {
    std::uint32_t value = UINT32_MAX;
    if (napi_get_value_uint32(env_, values_[at], &value) != napi_ok) return UINT32_MAX;
    return value;
  }

  Handle handle(std::size_t at) const { return {number(at), number(at + 1)}; }

 private:
  View typed_array(std::size_t at, napi_typedarray_type wanted) const {
    napi_typedarray_type type;
    std::size_t size;
    void *octets;
    if (napi_get_typedarray_info(env_, values_[at], &type, &size, &octets, nullptr, nullptr) != napi_ok) return {};
    if (type != wanted || octets == nullptr) return {};
    return {static_cast<std::uint8_t *>(octets), size};
  }

  napi_env env_;
  napi_value values_[Count];
  void *data_;
};

/// How a call ended, mirrored in src/crypto/binding.ts. kDone reaches JavaScript as undefined, which costs nothing to
/// make.
enum class Status : std::int32_t { kDone = 0, kStaleHandle = 1, kBadSize = 2, kNoTag = 3, kBadChoice = 4 };

inline napi_value answer(napi_env env, Status status) {
  if (status == Status::kDone) return nullptr;
  napi_value value;
  napi_create_int32(env, static_cast<std::int32_t>(status), &value);
  return value;
}

}  // namespace ramson
