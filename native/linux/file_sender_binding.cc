// The file sender's flat functions. A sender is an opaque value to JavaScript; whatever comes after its end is -EBADF.
#include "file_sender_binding.h"

#include <cerrno>
#include <unordered_map>

#include "errno_value.h"
#include "file_sender.h"
#include "napi.h"

namespace p2pfs {

namespace {

/// A sender as one JavaScript environment holds it. Both the opaque value and the thread-safe function own it.
struct SenderSession {
  napi_env env;
  std::shared_ptr<FileSender> sender;
  napi_threadsafe_function wake = nullptr;
  std::unordered_map<uint64_t, napi_deferred> promises;
  bool over = false;

  void settle(uint64_t id, int result) {
    const auto found = promises.find(id);
    if (found == promises.end()) return;
    napi_resolve_deferred(env, found->second, number(env, result));
    promises.erase(found);
    // Only what is being sent keeps the process.
    if (promises.empty()) napi_unref_threadsafe_function(env, wake);
  }

  void expect(uint64_t id, napi_deferred deferred) {
    if (promises.empty()) napi_ref_threadsafe_function(env, wake);
    promises.emplace(id, deferred);
  }
};

using Held = std::shared_ptr<SenderSession>;

void dropHeld(napi_env, void* data, void*) { delete static_cast<Held*>(data); }

void onWake(napi_env env, napi_value, void* context, void*) {
  SenderSession& session = **static_cast<Held*>(context);
  // Without an environment it is being taken down.
  if (env == nullptr || session.over) return;
  for (const SendEnded& ended : session.sender->takeEnded()) session.settle(ended.id, ended.result);
}

/// Nobody is called from now on. @returns false when that was so already
bool silence(SenderSession& session) {
  if (std::exchange(session.over, true)) return false;
  session.sender->disconnect();
  session.sender->close();
  return true;
}

void onEnvironmentEnds(void* session) { silence(*static_cast<SenderSession*>(session)); }

void end(SenderSession& session) {
  if (!silence(session)) return;
  while (!session.promises.empty()) session.settle(session.promises.begin()->first, -ECANCELED);
  napi_remove_env_cleanup_hook(session.env, onEnvironmentEnds, &session);
  napi_release_threadsafe_function(session.wake, napi_tsfn_release);
}

void onForgotten(napi_env, void* data, void*) {
  auto* held = static_cast<Held*>(data);
  end(**held);
  delete held;
}

SenderSession* sessionOf(napi_env env, Arguments& in) {
  void* data = nullptr;
  if (napi_get_value_external(env, in.value(0), &data) != napi_ok) {
    in.fail("a file sender is expected");
    return nullptr;
  }
  return static_cast<Held*>(data)->get();
}

/// fileSenderOpen(): the sender
napi_value fileSenderOpen(napi_env env, napi_callback_info) {
  auto session = std::make_shared<SenderSession>();
  session->env = env;
  auto* context = new Held(session);
  napi_value name;
  if (napi_create_string_utf8(env, "p2pfs file sender", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, context, dropHeld, context, onWake,
                                      &session->wake) != napi_ok) {
    delete context;
    napi_throw_error(env, nullptr, "the file sender could not be made");
    return nullptr;
  }
  napi_unref_threadsafe_function(env, session->wake);
  session->sender =
      FileSender::open([wake = session->wake] { napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking); });
  if (session->sender == nullptr) {
    const int error = errno;
    session->over = true;
    napi_release_threadsafe_function(session->wake, napi_tsfn_abort);
    return throwErrno(env, error, "fileSenderOpen");
  }
  // After the thread-safe function's own hook, so that it runs before it.
  napi_add_env_cleanup_hook(env, onEnvironmentEnds, session.get());
  napi_value out;
  if (napi_create_external(env, new Held(session), onForgotten, nullptr, &out) != napi_ok) return nullptr;
  return out;
}

/// fileSenderSend(sender, id, socket, file, offset, length, stallMs): promise of 0 or -errno. Ids are positive, each used once.
napi_value fileSenderSend(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  SenderSession* session = sessionOf(env, in);
  const int64_t id = in.integer(1);
  const int64_t offset = in.integer(4);
  const int64_t length = in.integer(5);
  SendRequest request{static_cast<uint64_t>(id),
                      static_cast<int>(in.integer(2)),
                      static_cast<int>(in.integer(3)),
                      static_cast<uint64_t>(offset),
                      static_cast<uint64_t>(length),
                      std::chrono::milliseconds(in.integer(6))};
  if (in.ok && (id <= 0 || offset < 0 || length < 0)) in.fail("an id from 1, an offset and a length are expected");
  if (!in.ok) return nullptr;
  napi_deferred deferred;
  napi_value promise;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return nullptr;
  if (session->over) {
    napi_resolve_deferred(env, deferred, number(env, -EBADF));
    return promise;
  }
  session->expect(request.id, deferred);
  const int error = session->sender->send(request);
  if (error != 0) session->settle(request.id, error);
  return promise;
}

/// fileSenderCancel(sender, id): the promise is settled soon, if it is not
napi_value fileSenderCancel(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  SenderSession* session = sessionOf(env, in);
  const int64_t id = in.integer(1);
  if (!in.ok) return nullptr;
  if (!session->over) session->sender->cancel(static_cast<uint64_t>(id));
  return undefined(env);
}

/// fileSenderClose(sender): what is being sent ends with -ECANCELED. Idempotent.
napi_value fileSenderClose(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  SenderSession* session = sessionOf(env, in);
  if (!in.ok) return nullptr;
  end(*session);
  return undefined(env);
}

}  // namespace

void addFileSender(napi_env env, napi_value exports) {
  setFunction(env, exports, "fileSenderOpen", fileSenderOpen);
  setFunction(env, exports, "fileSenderSend", fileSenderSend);
  setFunction(env, exports, "fileSenderCancel", fileSenderCancel);
  setFunction(env, exports, "fileSenderClose", fileSenderClose);
}

}  // namespace p2pfs
