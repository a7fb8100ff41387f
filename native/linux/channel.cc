// Life of a channel, and what the JavaScript thread asks of it. The threads' own work is in channel_reader.cc.
#include "channel.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "signals_blocked.h"

namespace p2pfs {

Channel::Channel(Descriptor fd, Descriptor stop, const ChannelOptions& options)
    : fd_(std::move(fd)),
      stop_(std::move(stop)),
      options_(options),
      inbox_(options.inboxes[0], options.inboxes[1], options.inboxBytes) {}

std::shared_ptr<Channel> Channel::open(int fd, const ChannelOptions& options) {
  Descriptor own = Descriptor::duplicateOf(fd);
  if (!own.valid()) return nullptr;
  const int flags = fcntl(own.get(), F_GETFL);
  if (flags < 0 || fcntl(own.get(), F_SETFL, flags | O_NONBLOCK) != 0) return nullptr;
  Descriptor stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.valid()) return nullptr;
  struct stat kind {};
  const bool isDevice = fstat(own.get(), &kind) == 0 && S_ISCHR(kind.st_mode);
  std::shared_ptr<Channel> channel(new Channel(std::move(own), std::move(stop), options));
  channel->isDevice_ = isDevice;
  int error = channel->spawn(kOther, "fuse-notify", &Channel::notifyLoop);
  for (uint32_t i = 0; error == 0 && i < options.workers; ++i) {
    error = channel->spawn(kOther, "fuse-work", &Channel::workLoop);
  }
  if (error == 0) return channel;
  channel->disconnect();
  channel->close();
  errno = -error;
  return nullptr;
}

int Channel::start() {
  int error = 0;
  for (uint32_t i = 0; error == 0 && i < options_.readers; ++i) {
    error = spawn(kReader, "fuse-read", &Channel::readLoop);
  }
  if (error != 0) stopReading();
  return error;
}

int Channel::spawn(ThreadKind kind, const char* name, void (Channel::*run)()) {
  {
    std::lock_guard<std::mutex> lock(threadsMutex_);
    if (closing_) return -EBADF;
    ++threads_[kind];
  }
  try {
    SignalsBlocked blocked;
    // Detached, and each holds the channel: one that hangs in the kernel must not hold up the end of the process.
    std::thread([self = shared_from_this(), kind, name, run] {
      pthread_setname_np(pthread_self(), name);
      ((*self).*run)();
      self->threadLeft(kind);
    }).detach();
    return 0;
  } catch (const std::system_error& error) {
    threadLeft(kind);
    return -error.code().value();
  }
}

void Channel::threadLeft(ThreadKind kind) {
  bool lastReader, last;
  {
    std::lock_guard<std::mutex> lock(threadsMutex_);
    --threads_[kind];
    lastReader = kind == kReader && threads_[kReader] == 0;
    last = closing_ && threads_[kReader] + threads_[kOther] == 0;
    threadsLeft_.notify_all();
  }
  if (lastReader) post({ChannelEvent::kReadersLeft, 0, 0});
  if (last) post({ChannelEvent::kThreadsLeft, 0, 0});
}

void Channel::stopReading() {
  stopping_.store(true);
  const uint64_t one = 1;
  // It can only fail when it is already signalled.
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
}

void Channel::close() {
  stopReading();
  inbox_.abandon();
  jobs_.close();
  for (const Notification& cancelled : notifications_.takeAll()) {
    post({ChannelEvent::kDone, cancelled.id, -ECANCELED});
  }
  notifications_.close();
  bool none;
  {
    std::lock_guard<std::mutex> lock(threadsMutex_);
    if (closing_) return;
    closing_ = true;
    none = threads_[kReader] + threads_[kOther] == 0;
  }
  if (none) post({ChannelEvent::kThreadsLeft, 0, 0});
}

bool Channel::waitUntilThreadsLeft(std::chrono::milliseconds limit) {
  std::unique_lock<std::mutex> lock(threadsMutex_);
  return threadsLeft_.wait_for(lock, limit, [this] { return threads_[kReader] + threads_[kOther] == 0; });
}

void Channel::disconnect() {
  inbox_.abandon();
  std::lock_guard<std::mutex> lock(eventsMutex_);
  connected_ = false;
}

void Channel::post(ChannelEvent event) {
  {
    std::lock_guard<std::mutex> lock(eventsMutex_);
    events_.push_back(event);
  }
  wake();
}

void Channel::wake() {
  std::lock_guard<std::mutex> lock(eventsMutex_);
  if (woken_ || !connected_) return;
  woken_ = true;
  options_.wake();
}

void Channel::postDrained(const std::vector<uint64_t>& ids) {
  for (uint64_t id : ids) post({ChannelEvent::kDone, id, 0});
}

std::vector<ChannelEvent> Channel::takeEvents() {
  std::lock_guard<std::mutex> lock(eventsMutex_);
  woken_ = false;
  return std::exchange(events_, {});
}

int Channel::reply(const void* first, size_t firstBytes, const void* second, size_t secondBytes) {
  const iovec parts[] = {{const_cast<void*>(first), firstBytes}, {const_cast<void*>(second), secondBytes}};
  const ssize_t written = writev(fd_.get(), parts, secondBytes == 0 ? 1 : 2);
  if (written < 0) {
    counters_.repliesRefused.fetch_add(1, std::memory_order_relaxed);
    return -errno;
  }
  return 0;
}

int Channel::replyFromFile(uint64_t unique, int fd, uint64_t offset, uint32_t length) {
  if (length > abi::kBodyBytesMax) return -EINVAL;
  FileJob job{unique, Descriptor::duplicateOf(fd), offset, length, 0};
  if (!job.fd.valid()) return -errno;
  job.epoch = epochs_.enter();
  if (jobs_.push(job)) return 0;
  postDrained(epochs_.leave(job.epoch));
  return -EAGAIN;
}

int Channel::notify(uint64_t id, int32_t code, const uint8_t* body, size_t bodyBytes) {
  Notification notification{id, code, std::vector<uint8_t>(body, body + bodyBytes)};
  return notifications_.push(notification) ? 0 : -EAGAIN;
}

int Channel::notifyNow(int32_t code, const uint8_t* body, size_t bodyBytes) {
  const abi::OutHeader header{static_cast<uint32_t>(sizeof header + bodyBytes), code, 0};
  return reply(&header, sizeof header, body, bodyBytes);
}

int Channel::backingOpen(int fd) {
  const abi::BackingMap map{fd, 0, 0};
  const int id = ioctl(fd_.get(), abi::kBackingOpen, &map);
  return id < 0 ? -errno : id;
}

int Channel::backingClose(uint32_t id) { return ioctl(fd_.get(), abi::kBackingClose, &id) != 0 ? -errno : 0; }

}  // namespace p2pfs
