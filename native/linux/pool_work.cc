#include "pool_work.h"

namespace p2pfs {

namespace {

struct Running {
  std::unique_ptr<PoolWork> work;
  napi_deferred deferred = nullptr;
  napi_async_work handle = nullptr;
};

void execute(napi_env, void* data) { static_cast<Running*>(data)->work->run(); }

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Running> running(static_cast<Running*>(data));
  napi_value value = nullptr;
  if (running->work->settle(env, &value)) {
    napi_resolve_deferred(env, running->deferred, value);
  } else {
    napi_reject_deferred(env, running->deferred, value);
  }
  napi_delete_async_work(env, running->handle);
}

}  // namespace

napi_value startOnPool(napi_env env, const char* name, std::unique_ptr<PoolWork> work) {
  auto running = std::make_unique<Running>();
  running->work = std::move(work);
  napi_value promise, label;
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &label) != napi_ok ||
      napi_create_async_work(env, nullptr, label, execute, complete, running.get(), &running->handle) != napi_ok ||
      napi_create_promise(env, &running->deferred, &promise) != napi_ok ||
      napi_queue_async_work(env, running->handle) != napi_ok) {
    napi_throw_error(env, nullptr, "the work could not be queued");
    return nullptr;
  }
  // complete() owns it from here on.
  running.release();
  return promise;
}

}  // namespace p2pfs
