// Blocking work on libuv's pool, seen from JavaScript as a promise.
#pragma once
#include <node_api.h>

#include <memory>

namespace p2pfs {

class PoolWork {
 public:
  virtual ~PoolWork() = default;
  /// On a thread of the pool; no Node-API calls.
  virtual void run() = 0;
  /// Back on the JavaScript thread: the value, or (returning false) the error.
  virtual bool settle(napi_env env, napi_value* out) = 0;
};

/// @returns a promise, or nullptr with an exception pending
napi_value startOnPool(napi_env env, const char* name, std::unique_ptr<PoolWork> work);

}  // namespace p2pfs
