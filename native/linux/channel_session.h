// A channel as one JavaScript environment (a main thread or a worker) holds it: its callbacks, its promises, its end.
#pragma once
#include <node_api.h>

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "channel.h"

namespace p2pfs {

/// References to JavaScript objects that other threads let go of; they may be dropped on the JavaScript thread only.
class ReferenceGraveyard {
 public:
  void bury(napi_ref reference) {
    std::lock_guard<std::mutex> lock(mutex_);
    dead_.push_back(reference);
  }
  void empty(napi_env env);

 private:
  std::mutex mutex_;
  std::vector<napi_ref> dead_;
};

/// A typed array and its memory, which stays where it is as long as the array lives.
struct BytesValue {
  napi_value value;
  const uint8_t* bytes;
  size_t length;
};

/// JavaScript functions.
struct SessionCallbacks {
  /// (inbox: Uint8Array, usedBytes: number, count: number)
  napi_value onBatch;
  /// (unique: bigint, result: number), see ChannelEvent::kReadFailed
  napi_value onReadFailed;
  /// (errno: number)
  napi_value onEnd;
};

/// Freed by its thread-safe function's finalizer, after the channel was closed or the environment ended.
class ChannelSession {
 public:
  /// @returns nullptr with an exception pending
  static ChannelSession* open(napi_env env, int fd, ChannelOptions options, size_t outboxBytes,
                              const SessionCallbacks& callbacks);

  Channel& channel() { return *channel_; }
  uint8_t* outbox() { return outbox_; }
  size_t outboxBytes() const { return outboxBytes_; }
  napi_value outboxValue();

  /// @returns 0 or -errno
  int start();
  /// @param bitmap its bits are read as long as an entry needs them; nullptr: all blocks are there. @returns 0 or -errno
  int setFile(uint64_t handle, int fd, uint64_t size, uint32_t blockShift, const BytesValue* bitmap, bool observed);
  void deleteFile(uint64_t handle);

  // Promises of 0 or -errno.
  napi_value notify(int32_t code, const uint8_t* body, size_t bodyBytes);
  napi_value drain();
  napi_value stopReading();
  napi_value close();

  /// Called once, when the session is closed or its environment ends: whoever knows it forgets it.
  std::function<void()> onGone;

 private:
  explicit ChannelSession(napi_env env) : env_(env) {}
  bool prepare(ChannelOptions& options, size_t outboxBytes, const SessionCallbacks& callbacks);
  static void onWake(napi_env env, napi_value, void* context, void*);
  static void onEnvironmentEnds(void* session);
  static void onFinalize(napi_env, void* session, void*) { delete static_cast<ChannelSession*>(session); }
  void deliver();
  void deliverBatches(bool untilEmpty);
  void happened(const ChannelEvent& event);
  void settle(uint64_t id, int result);
  void settleAll(std::vector<uint64_t>& ids);
  void finish();
  void dropReferences();
  void call(napi_ref function, size_t count, const napi_value* values);
  /// A promise to be settled under an id of its own. @returns nullptr with an exception pending
  napi_value makePromise(uint64_t* id);

  napi_env env_;
  std::shared_ptr<Channel> channel_;
  std::shared_ptr<ReferenceGraveyard> graveyard_ = std::make_shared<ReferenceGraveyard>();
  napi_threadsafe_function wake_ = nullptr;
  napi_ref onBatch_ = nullptr, onReadFailed_ = nullptr, onEnd_ = nullptr, outboxReference_ = nullptr;
  napi_ref inboxes_[2] = {nullptr, nullptr};
  uint8_t* outbox_ = nullptr;
  size_t outboxBytes_ = 0;
  std::unordered_map<uint64_t, napi_deferred> promises_;
  uint64_t nextPromise_ = 1;
  std::vector<uint64_t> waitForReaders_, waitForThreads_;
  bool started_ = false, readersLeft_ = false, over_ = false;
};

}  // namespace p2pfs
