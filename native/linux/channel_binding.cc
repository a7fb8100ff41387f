// The channel's flat functions. A channel is a number to JavaScript: numbers are never used twice, so whatever comes
// after the end of one (-EBADF) does no harm.
#include "channel_binding.h"

#include <cerrno>
#include <unordered_map>

#include "channel_session.h"
#include "errno_value.h"
#include "napi.h"

namespace p2pfs {

namespace {

constexpr uint32_t kThreadsMax = 64;
constexpr size_t kBufferBytesMax = 64u << 20;

/// The open channels of one environment.
struct Sessions {
  std::unordered_map<int64_t, ChannelSession*> open;
  int64_t next = 1;
};

Sessions& sessionsOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<Sessions*>(data);
}

ChannelSession* sessionOf(napi_env env, int64_t id) {
  auto& open = sessionsOf(env).open;
  auto found = open.find(id);
  return found == open.end() ? nullptr : found->second;
}

napi_value resolved(napi_env env, int64_t result) {
  napi_deferred deferred;
  napi_value promise;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return nullptr;
  napi_resolve_deferred(env, deferred, number(env, result));
  return promise;
}

/// channelOpen(fd, readers, workers, inboxBytes, outboxBytes, xattrPrefix, onBatch, onReadFailed, onEnd): {id, outbox}
napi_value channelOpen(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelOptions options;
  const int fd = static_cast<int>(in.integer(0));
  options.readers = static_cast<uint32_t>(in.integer(1));
  options.workers = static_cast<uint32_t>(in.integer(2));
  options.inboxBytes = static_cast<size_t>(in.integer(3));
  const auto outboxBytes = static_cast<size_t>(in.integer(4));
  options.xattrPrefix = in.text(5);
  if (in.ok && (options.readers < 1 || options.readers > kThreadsMax || options.workers > kThreadsMax)) {
    in.fail("1 to 64 readers and up to 64 workers are expected");
  }
  if (in.ok && (options.inboxBytes < abi::kRequestBytesMax || options.inboxBytes > kBufferBytesMax ||
                outboxBytes < sizeof(abi::OutHeader) || outboxBytes > kBufferBytesMax)) {
    in.fail("an inbox that holds a request, and an outbox that holds a header, are expected");
  }
  if (!in.ok) return nullptr;
  ChannelSession* session = ChannelSession::open(env, fd, options, outboxBytes, {in.value(6), in.value(7), in.value(8)});
  if (session == nullptr) return nullptr;
  Sessions& sessions = sessionsOf(env);
  const int64_t id = sessions.next++;
  sessions.open.emplace(id, session);
  session->onGone = [&sessions, id] { sessions.open.erase(id); };
  napi_value out;
  napi_create_object(env, &out);
  napi_set_named_property(env, out, "id", number(env, id));
  napi_set_named_property(env, out, "outbox", session->outboxValue());
  return out;
}

/// channelStart(id): 0 or -errno
napi_value channelStart(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  if (!in.ok) return nullptr;
  return number(env, session == nullptr ? -EBADF : session->start());
}

/// channelReply(id, length, payload?): 0 or -errno. The outbox's first `length` bytes, then the payload, as one message.
napi_value channelReply(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto length = static_cast<size_t>(in.integer(1));
  size_t payloadBytes = 0;
  const uint8_t* payload = in.isNullish(2) ? nullptr : in.bytes(2, &payloadBytes);
  if (!in.ok) return nullptr;
  if (session == nullptr) return number(env, -EBADF);
  if (length > session->outboxBytes()) return number(env, -EINVAL);
  return number(env, session->channel().reply(session->outbox(), length, payload, payloadBytes));
}

/// channelReplyFromFile(id, unique, fd, offset, length): 0 or -errno. A worker answers the READ.
napi_value channelReplyFromFile(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const uint64_t unique = in.bigint(1);
  const int fd = static_cast<int>(in.integer(2));
  const int64_t offset = in.integer(3);
  const int64_t length = in.integer(4);
  if (!in.ok) return nullptr;
  if (session == nullptr) return number(env, -EBADF);
  if (offset < 0 || length < 0 || length > abi::kBodyBytesMax) return number(env, -EINVAL);
  return number(env, session->channel().replyFromFile(unique, fd, static_cast<uint64_t>(offset),
                                                      static_cast<uint32_t>(length)));
}

/// channelNotify(id, code, body): Promise of 0 or -errno
napi_value channelNotify(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto code = static_cast<int32_t>(in.integer(1));
  size_t bodyBytes = 0;
  const uint8_t* body = in.bytes(2, &bodyBytes);
  if (!in.ok) return nullptr;
  return session == nullptr ? resolved(env, -EBADF) : session->notify(code, body, bodyBytes);
}

/// channelNotifyNow(id, code, body): 0 or -errno
napi_value channelNotifyNow(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto code = static_cast<int32_t>(in.integer(1));
  size_t bodyBytes = 0;
  const uint8_t* body = in.bytes(2, &bodyBytes);
  if (!in.ok) return nullptr;
  return number(env, session == nullptr ? -EBADF : session->channel().notifyNow(code, body, bodyBytes));
}

/// channelSetFile(id, handle, fd, size, blockShift, bitmap?, observed): 0 or -errno
napi_value channelSetFile(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto handle = static_cast<uint64_t>(in.integer(1));
  const int fd = static_cast<int>(in.integer(2));
  const int64_t size = in.integer(3);
  const int64_t blockShift = in.integer(4);
  BytesValue bitmap{in.value(5), nullptr, 0};
  const bool whole = in.isNullish(5);
  if (!whole) bitmap.bytes = in.bytes(5, &bitmap.length);
  const bool observed = in.boolean(6);
  if (!in.ok) return nullptr;
  if (session == nullptr) return number(env, -EBADF);
  if (size < 0 || blockShift < 0 || blockShift > 62) return number(env, -EINVAL);
  return number(env, session->setFile(handle, fd, static_cast<uint64_t>(size), static_cast<uint32_t>(blockShift),
                                      whole ? nullptr : &bitmap, observed));
}

/// channelShareFile(id, handle, other): whether the other handle had a file, which both have now
napi_value channelShareFile(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto handle = static_cast<uint64_t>(in.integer(1));
  const auto other = static_cast<uint64_t>(in.integer(2));
  if (!in.ok) return nullptr;
  napi_value shared;
  napi_get_boolean(env, session != nullptr && session->channel().files().share(handle, other), &shared);
  return shared;
}

/// channelDeleteFile(id, handle)
napi_value channelDeleteFile(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto handle = static_cast<uint64_t>(in.integer(1));
  if (in.ok && session != nullptr) session->deleteFile(handle);
  return nullptr;
}

/// channelBackingOpen(id, fd): the backing id, or -errno
napi_value channelBackingOpen(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const int fd = static_cast<int>(in.integer(1));
  if (!in.ok) return nullptr;
  return number(env, session == nullptr ? -EBADF : session->channel().backingOpen(fd));
}

/// channelBackingClose(id, backingId): 0 or -errno
napi_value channelBackingClose(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  const auto backing = static_cast<uint32_t>(in.integer(1));
  if (!in.ok) return nullptr;
  return number(env, session == nullptr ? -EBADF : session->channel().backingClose(backing));
}

/// channelCounters(id): an object of numbers, or undefined after the end
napi_value channelCounters(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  if (!in.ok || session == nullptr) return nullptr;
  ChannelCounters& c = session->channel().counters();
  napi_value out;
  napi_create_object(env, &out);
  const auto add = [&](const char* name, const std::atomic<uint64_t>& counter) {
    napi_set_named_property(env, out, name, number(env, static_cast<int64_t>(counter.load(std::memory_order_relaxed))));
  };
  add("nativeReads", c.nativeReads);
  add("nativeReadBytes", c.nativeReadBytes);
  add("workerReads", c.workerReads);
  add("workerReadBytes", c.workerReadBytes);
  add("nativeXattrs", c.nativeXattrs);
  add("observedReads", c.observedReads);
  add("requests", c.requests);
  add("requestBytes", c.requestBytes);
  add("requestedReads", c.requestedReads);
  add("batches", c.batches);
  add("malformed", c.malformed);
  add("repliesRefused", c.repliesRefused);
  return out;
}

/// The three that wait, for the threads: promises of 0, or of -EBADF after the end.
template <napi_value (ChannelSession::*Method)()>
napi_value channelWait(napi_env env, napi_callback_info info) {
  Arguments in(env, info);
  ChannelSession* session = sessionOf(env, in.integer(0));
  if (!in.ok) return nullptr;
  return session == nullptr ? resolved(env, -EBADF) : (session->*Method)();
}

}  // namespace

void addChannel(napi_env env, napi_value exports) {
  napi_set_instance_data(env, new Sessions, [](napi_env, void* data, void*) { delete static_cast<Sessions*>(data); },
                         nullptr);
  setFunction(env, exports, "channelOpen", channelOpen);
  setFunction(env, exports, "channelStart", channelStart);
  setFunction(env, exports, "channelReply", channelReply);
  setFunction(env, exports, "channelReplyFromFile", channelReplyFromFile);
  setFunction(env, exports, "channelNotify", channelNotify);
  setFunction(env, exports, "channelNotifyNow", channelNotifyNow);
  setFunction(env, exports, "channelSetFile", channelSetFile);
  setFunction(env, exports, "channelShareFile", channelShareFile);
  setFunction(env, exports, "channelDeleteFile", channelDeleteFile);
  setFunction(env, exports, "channelBackingOpen", channelBackingOpen);
  setFunction(env, exports, "channelBackingClose", channelBackingClose);
  setFunction(env, exports, "channelCounters", channelCounters);
  setFunction(env, exports, "channelDrain", channelWait<&ChannelSession::drain>);
  setFunction(env, exports, "channelStopReading", channelWait<&ChannelSession::stopReading>);
  setFunction(env, exports, "channelClose", channelWait<&ChannelSession::close>);
}

}  // namespace p2pfs
