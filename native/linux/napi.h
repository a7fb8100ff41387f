// Thin helpers over Node-API: reading arguments, making values. No logic.
#pragma once
#include <node_api.h>

#include <cstdint>
#include <string>

namespace p2pfs {

constexpr size_t kArgumentsMax = 9;
/// Longest text taken from JavaScript: PATH_MAX and room for mount options.
constexpr size_t kTextBytesMax = 16384;

/// Arguments of one call, converted on demand. After the first wrong one `ok` is false and a TypeError is pending.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    count_ = kArgumentsMax;
    ok = napi_get_cb_info(env, info, &count_, values_, &self, &data) == napi_ok;
  }
  bool ok;
  napi_value self = nullptr;
  void* data = nullptr;

  napi_value value(size_t i) {
    napi_value undefined;
    if (i < count_) return values_[i];
    napi_get_undefined(env_, &undefined);
    return undefined;
  }
  int64_t integer(size_t i) {
    int64_t out = 0;
    if (napi_get_value_int64(env_, value(i), &out) != napi_ok) fail("a number is expected");
    return out;
  }
  uint64_t bigint(size_t i) {
    uint64_t out = 0;
    bool lossless = false;
    if (napi_get_value_bigint_uint64(env_, value(i), &out, &lossless) != napi_ok) fail("a bigint is expected");
    return out;
  }
  bool boolean(size_t i) {
    bool out = false;
    if (napi_get_value_bool(env_, value(i), &out) != napi_ok) fail("a boolean is expected");
    return out;
  }
  std::string text(size_t i) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env_, value(i), nullptr, 0, &length) != napi_ok) {
      fail("a string is expected");
      return {};
    }
    if (length > kTextBytesMax) {
      fail("the string is too long");
      return {};
    }
    std::string out(length, '\0');
    napi_get_value_string_utf8(env_, value(i), out.data(), length + 1, &length);
    return out;
  }
  /// Bytes of a typed array; valid as long as the array lives.
  uint8_t* bytes(size_t i, size_t* length) {
    void* pointer = nullptr;
    napi_typedarray_type type;
    size_t elements = 0;
    if (napi_get_typedarray_info(env_, value(i), &type, &elements, &pointer, nullptr, nullptr) != napi_ok ||
        type != napi_uint8_array) {
      fail("a Uint8Array is expected");
      *length = 0;
      return nullptr;
    }
    *length = elements;
    return static_cast<uint8_t*>(pointer);
  }
  bool isNullish(size_t i) {
    napi_valuetype type;
    napi_typeof(env_, value(i), &type);
    return type == napi_undefined || type == napi_null;
  }
  void fail(const char* reason) {
    if (ok) napi_throw_type_error(env_, nullptr, reason);
    ok = false;
  }

 private:
  napi_env env_;
  size_t count_ = 0;
  napi_value values_[kArgumentsMax];
};

inline napi_value number(napi_env env, int64_t value) {
  napi_value out;
  napi_create_int64(env, value, &out);
  return out;
}
inline napi_value undefined(napi_env env) {
  napi_value out;
  napi_get_undefined(env, &out);
  return out;
}
inline void setFunction(napi_env env, napi_value object, const char* name, napi_callback callback, void* data = nullptr) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, object, name, function);
}

}  // namespace p2pfs
