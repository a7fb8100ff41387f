#include "channel_session.h"

#include <cerrno>

#include "errno_value.h"
#include "napi.h"

namespace p2pfs {

namespace {

/// How long the end of an environment waits for threads that are inside a system call. What hangs longer is left behind:
/// it holds the channel, and touches nothing of the environment's any more.
constexpr std::chrono::milliseconds kThreadsLeaveLimit{1000};

/// A new zeroed Uint8Array, held by a reference. @returns its memory, or nullptr
uint8_t* holdBytes(napi_env env, size_t length, napi_ref* reference) {
  napi_value buffer, array;
  void* memory = nullptr;
  const bool made = napi_create_arraybuffer(env, length, &memory, &buffer) == napi_ok &&
                    napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array) == napi_ok &&
                    napi_create_reference(env, array, 1, reference) == napi_ok;
  return made ? static_cast<uint8_t*>(memory) : nullptr;
}

napi_value referenced(napi_env env, napi_ref reference) {
  napi_value value = nullptr;
  napi_get_reference_value(env, reference, &value);
  return value;
}

}  // namespace

void ReferenceGraveyard::empty(napi_env env) {
  std::vector<napi_ref> dead;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    dead.swap(dead_);
  }
  for (napi_ref reference : dead) napi_delete_reference(env, reference);
}

ChannelSession* ChannelSession::open(napi_env env, int fd, ChannelOptions options, size_t outboxBytes,
                                     const SessionCallbacks& callbacks) {
  auto* session = new ChannelSession(env);
  if (!session->prepare(options, outboxBytes, callbacks)) {
    session->dropReferences();
    delete session;
    napi_throw_error(env, nullptr, "the channel's buffers or callbacks could not be made");
    return nullptr;
  }
  session->channel_ = Channel::open(fd, options);
  if (session->channel_ == nullptr) {
    throwErrno(env, errno, "channelOpen");
    session->over_ = true;
    session->dropReferences();
    napi_release_threadsafe_function(session->wake_, napi_tsfn_abort);
    return nullptr;
  }
  // After the thread-safe function's own hook, so that it runs before it: our threads must be gone by then.
  napi_add_env_cleanup_hook(env, onEnvironmentEnds, session);
  return session;
}

bool ChannelSession::prepare(ChannelOptions& options, size_t outboxBytes, const SessionCallbacks& callbacks) {
  for (int i = 0; i < 2; ++i) options.inboxes[i] = holdBytes(env_, options.inboxBytes, &inboxes_[i]);
  outbox_ = holdBytes(env_, outboxBytes, &outboxReference_);
  outboxBytes_ = outboxBytes;
  napi_value name;
  const bool made =
      options.inboxes[0] != nullptr && options.inboxes[1] != nullptr && outbox_ != nullptr &&
      napi_create_reference(env_, callbacks.onBatch, 1, &onBatch_) == napi_ok &&
      napi_create_reference(env_, callbacks.onReadFailed, 1, &onReadFailed_) == napi_ok &&
      napi_create_reference(env_, callbacks.onEnd, 1, &onEnd_) == napi_ok &&
      napi_create_string_utf8(env_, "p2pfs channel", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, this, onFinalize, this, onWake, &wake_) ==
          napi_ok;
  options.wake = [this] { napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking); };
  return made;
}

napi_value ChannelSession::outboxValue() { return referenced(env_, outboxReference_); }

int ChannelSession::start() {
  if (started_) return -EALREADY;
  started_ = true;
  return channel_->start();
}

int ChannelSession::setFile(uint64_t handle, int fd, uint64_t size, uint32_t blockShift, const BytesValue* bitmap,
                            bool observed) {
  auto entry = std::make_shared<FileEntry>();
  entry->fd = Descriptor::duplicateOf(fd);
  if (!entry->fd.valid()) return -errno;
  entry->size = size;
  entry->blockShift = blockShift;
  entry->observed = observed;
  if (bitmap != nullptr) {
    napi_ref reference;
    if (napi_create_reference(env_, bitmap->value, 1, &reference) != napi_ok) return -EINVAL;
    entry->bitmap = std::shared_ptr<const uint8_t>(
        bitmap->bytes, [graveyard = graveyard_, reference](const uint8_t*) { graveyard->bury(reference); });
    entry->bitmapBytes = bitmap->length;
  }
  channel_->files().set(handle, std::move(entry));
  graveyard_->empty(env_);
  return 0;
}

void ChannelSession::deleteFile(uint64_t handle) {
  channel_->files().remove(handle);
  graveyard_->empty(env_);
}

napi_value ChannelSession::makePromise(uint64_t* id) {
  napi_deferred deferred;
  napi_value promise;
  if (napi_create_promise(env_, &deferred, &promise) != napi_ok) return nullptr;
  *id = nextPromise_++;
  promises_.emplace(*id, deferred);
  return promise;
}

napi_value ChannelSession::notify(int32_t code, const uint8_t* body, size_t bodyBytes) {
  uint64_t id;
  napi_value promise = makePromise(&id);
  if (promise == nullptr) return nullptr;
  const int error = channel_->notify(id, code, body, bodyBytes);
  if (error != 0) settle(id, error);
  return promise;
}

napi_value ChannelSession::drain() {
  uint64_t id;
  napi_value promise = makePromise(&id);
  if (promise != nullptr && channel_->drain(id)) settle(id, 0);
  return promise;
}

napi_value ChannelSession::stopReading() {
  uint64_t id;
  napi_value promise = makePromise(&id);
  if (promise == nullptr) return nullptr;
  channel_->stopReading();
  waitForReaders_.push_back(id);
  if (!started_ || readersLeft_) settleAll(waitForReaders_);
  return promise;
}

napi_value ChannelSession::close() {
  uint64_t id;
  napi_value promise = makePromise(&id);
  if (promise == nullptr) return nullptr;
  waitForThreads_.push_back(id);
  channel_->close();
  return promise;
}

void ChannelSession::onWake(napi_env env, napi_value, void* context, void*) {
  auto* session = static_cast<ChannelSession*>(context);
  // Without an environment it is being taken down, and onEnvironmentEnds() has seen to the threads.
  if (env != nullptr && !session->over_) session->deliver();
}

void ChannelSession::deliver() {
  const std::vector<ChannelEvent> events = channel_->takeEvents();
  bool readersLeft = false;
  for (const ChannelEvent& event : events) readersLeft |= event.kind == ChannelEvent::kReadersLeft;
  deliverBatches(readersLeft);
  // The last event of all leaves nothing to call.
  for (size_t i = 0; i < events.size() && !over_; ++i) happened(events[i]);
  graveyard_->empty(env_);
}

void ChannelSession::deliverBatches(bool untilEmpty) {
  do {
    const Inbox::Batch batch = channel_->inbox().take();
    if (batch.count == 0) return;
    channel_->counters().batches.fetch_add(1, std::memory_order_relaxed);
    const napi_value values[] = {referenced(env_, inboxes_[batch.buffer]),
                                 number(env_, static_cast<int64_t>(batch.bytes)), number(env_, batch.count)};
    call(onBatch_, 3, values);
  } while (untilEmpty);
}

void ChannelSession::happened(const ChannelEvent& event) {
  switch (event.kind) {
    case ChannelEvent::kEnded: {
      const napi_value error = number(env_, event.result);
      return call(onEnd_, 1, &error);
    }
    case ChannelEvent::kReadersLeft:
      readersLeft_ = true;
      return settleAll(waitForReaders_);
    case ChannelEvent::kThreadsLeft:
      return finish();
    case ChannelEvent::kDone:
      return settle(event.id, event.result);
    case ChannelEvent::kReadFailed: {
      napi_value values[2];
      napi_create_bigint_uint64(env_, event.id, &values[0]);
      values[1] = number(env_, event.result);
      return call(onReadFailed_, 2, values);
    }
  }
}

void ChannelSession::settle(uint64_t id, int result) {
  auto found = promises_.find(id);
  if (found == promises_.end()) return;
  napi_resolve_deferred(env_, found->second, number(env_, result));
  promises_.erase(found);
}

void ChannelSession::settleAll(std::vector<uint64_t>& ids) {
  for (uint64_t id : std::exchange(ids, {})) settle(id, 0);
}

void ChannelSession::finish() {
  over_ = true;
  channel_->disconnect();
  channel_->closeDescriptor();
  channel_->files().clear();
  graveyard_->empty(env_);
  dropReferences();
  onGone();
  settleAll(waitForReaders_);
  settleAll(waitForThreads_);
  while (!promises_.empty()) settle(promises_.begin()->first, -ECANCELED);
  napi_remove_env_cleanup_hook(env_, onEnvironmentEnds, this);
  // Its finalizer frees this session.
  napi_release_threadsafe_function(wake_, napi_tsfn_release);
}

void ChannelSession::dropReferences() {
  for (napi_ref* reference : {&onBatch_, &onReadFailed_, &onEnd_, &outboxReference_, &inboxes_[0], &inboxes_[1]}) {
    if (*reference != nullptr) napi_delete_reference(env_, std::exchange(*reference, nullptr));
  }
}

void ChannelSession::onEnvironmentEnds(void* data) {
  auto* session = static_cast<ChannelSession*>(data);
  session->over_ = true;
  session->channel_->disconnect();
  session->channel_->close();
  session->channel_->waitUntilThreadsLeft(kThreadsLeaveLimit);
  session->onGone();
}

void ChannelSession::call(napi_ref function, size_t count, const napi_value* values) {
  napi_value nobody = undefined(env_);
  napi_value ignored;
  if (napi_call_function(env_, nobody, referenced(env_, function), count, values, &ignored) != napi_pending_exception) {
    return;
  }
  napi_value thrown;
  // Like an exception in any other callback of Node's: uncaughtException.
  if (napi_get_and_clear_last_exception(env_, &thrown) == napi_ok) napi_fatal_exception(env_, thrown);
}

}  // namespace p2pfs
