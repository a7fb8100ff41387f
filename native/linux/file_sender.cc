#include "file_sender.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "signals_blocked.h"

namespace p2pfs {

namespace {

using Clock = std::chrono::steady_clock;

/// Bytes of one sendfile(2), so that the sends of one thread take turns.
constexpr size_t kTurnBytes = 1 << 20;
/// How often stalled peers are looked for.
constexpr std::chrono::milliseconds kLookEvery{500};
constexpr int kEventsMax = 64;
/// The id of the eventfd among the events; sends begin at 1.
constexpr uint64_t kWoken = 0;

struct Sending {
  Descriptor socket;
  Descriptor file;
  off_t offset;
  uint64_t left;
  std::chrono::milliseconds stall;
  Clock::time_point progress;
};

}  // namespace

/// One thread and its sends. The thread holds its lane, and the lane its sender, until it was told to stop.
class FileSender::Lane : public std::enable_shared_from_this<Lane> {
 public:
  static std::shared_ptr<Lane> open() {
    auto lane = std::make_shared<Lane>();
    lane->epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    lane->bell_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!lane->epoll_.valid() || !lane->bell_.valid()) return nullptr;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWoken;
    return epoll_ctl(lane->epoll_.get(), EPOLL_CTL_ADD, lane->bell_.get(), &event) == 0 ? lane : nullptr;
  }

  int start(const std::shared_ptr<FileSender>& sender) {
    try {
      SignalsBlocked blocked;
      // Detached: one that hangs on a disk must not hold up the end of the process.
      std::thread([self = shared_from_this(), sender] {
        pthread_setname_np(pthread_self(), "piece-send");
        self->run(*sender);
      }).detach();
      return 0;
    } catch (const std::system_error& error) {
      return -error.code().value();
    }
  }

  int add(const SendRequest& request) {
    Sending sending{Descriptor::duplicateOf(request.socket),   Descriptor::duplicateOf(request.file),
                    static_cast<off_t>(request.offset),        request.length,
                    request.stall,                             Clock::now()};
    if (!sending.socket.valid() || !sending.file.valid()) return -errno;
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return -ECANCELED;
    added_.emplace_back(request.id, std::move(sending));
    ring();
    return 0;
  }

  void cancel(uint64_t id) {
    std::lock_guard<std::mutex> lock(mutex_);
    cancelled_.push_back(id);
    ring();
  }

  void stop() {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    ring();
  }

 private:
  void ring() {
    const uint64_t one = 1;
    // It can only fail when it is already signalled.
    [[maybe_unused]] const ssize_t written = write(bell_.get(), &one, sizeof one);
  }

  void run(FileSender& sender) {
    epoll_event events[kEventsMax];
    for (;;) {
      const int timeout = sends_.empty() ? -1 : static_cast<int>(kLookEvery.count());
      const int count = epoll_wait(epoll_.get(), events, kEventsMax, timeout);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.u64 != kWoken) turn(sender, events[i].data.u64);
      }
      if (!takeOrders(sender)) return;
      endStalled(sender);
    }
  }

  /// @returns false when the thread is to leave
  bool takeOrders(FileSender& sender) {
    uint64_t rung;
    [[maybe_unused]] const ssize_t drained = read(bell_.get(), &rung, sizeof rung);
    std::vector<std::pair<uint64_t, Sending>> added;
    std::vector<uint64_t> cancelled;
    bool stopping;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      added.swap(added_);
      cancelled.swap(cancelled_);
      stopping = stopping_;
    }
    for (auto& [id, sending] : added) begin(sender, id, std::move(sending));
    for (const uint64_t id : cancelled) end(sender, id, -ECANCELED);
    if (!stopping) return true;
    while (!sends_.empty()) end(sender, sends_.begin()->first, -ECANCELED);
    return false;
  }

  void begin(FileSender& sender, uint64_t id, Sending sending) {
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u64 = id;
    const int socket = sending.socket.get();
    // What is not in memory is read while others have their turn.
    posix_fadvise(sending.file.get(), sending.offset, static_cast<off_t>(sending.left), POSIX_FADV_WILLNEED);
    sends_.emplace(id, std::move(sending));
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) != 0) end(sender, id, -errno);
  }

  void turn(FileSender& sender, uint64_t id) {
    const auto found = sends_.find(id);
    if (found == sends_.end()) return;
    Sending& sending = found->second;
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(kTurnBytes, sending.left));
    const ssize_t sent = wanted == 0 ? 0 : sendfile(sending.socket.get(), sending.file.get(), &sending.offset, wanted);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) end(sender, id, -errno);
      return;
    }
    sending.left -= static_cast<uint64_t>(sent);
    sending.progress = Clock::now();
    if (sending.left == 0) {
      end(sender, id, 0);
    } else if (sent == 0) {
      end(sender, id, -ENODATA);
    }
  }

  void endStalled(FileSender& sender) {
    const auto now = Clock::now();
    if (now < lookAt_) return;
    lookAt_ = now + kLookEvery;
    std::vector<uint64_t> stalled;
    for (const auto& [id, sending] : sends_) {
      if (now - sending.progress > sending.stall) stalled.push_back(id);
    }
    for (const uint64_t id : stalled) end(sender, id, -ETIMEDOUT);
  }

  /// Nothing, where it is over already.
  void end(FileSender& sender, uint64_t id, int result) {
    const auto found = sends_.find(id);
    if (found == sends_.end()) return;
    // Before its descriptor is closed: the socket lives on under another number, and with it what epoll knows of it.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second.socket.get(), nullptr);
    sends_.erase(found);
    sender.ended(id, result);
  }

  Descriptor epoll_, bell_;
  /// The thread's own.
  std::unordered_map<uint64_t, Sending> sends_;
  Clock::time_point lookAt_{};

  std::mutex mutex_;
  std::vector<std::pair<uint64_t, Sending>> added_;
  std::vector<uint64_t> cancelled_;
  bool stopping_ = false;
};

std::shared_ptr<FileSender> FileSender::open(std::function<void()> wake) {
  std::shared_ptr<FileSender> sender(new FileSender(std::move(wake)));
  for (uint32_t i = 0; i < kSendThreads; ++i) {
    std::shared_ptr<Lane> lane = Lane::open();
    const int error = lane == nullptr ? -errno : lane->start(sender);
    if (error != 0) {
      sender->disconnect();
      sender->close();
      errno = -error;
      return nullptr;
    }
    sender->lanes_.push_back(std::move(lane));
  }
  return sender;
}

FileSender::~FileSender() = default;

int FileSender::send(const SendRequest& request) {
  if (lanes_.empty()) return -ECANCELED;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (count_ >= kSendsMax) return -EBUSY;
    ++count_;
  }
  const int error = lanes_[request.id % lanes_.size()]->add(request);
  if (error == 0) return 0;
  std::lock_guard<std::mutex> lock(mutex_);
  --count_;
  return error;
}

void FileSender::cancel(uint64_t id) {
  if (!lanes_.empty()) lanes_[id % lanes_.size()]->cancel(id);
}

void FileSender::close() {
  for (const std::shared_ptr<Lane>& lane : lanes_) lane->stop();
  // Each is held by its thread until that has left.
  lanes_.clear();
}

void FileSender::disconnect() {
  std::lock_guard<std::mutex> lock(mutex_);
  connected_ = false;
}

std::vector<SendEnded> FileSender::takeEnded() {
  std::lock_guard<std::mutex> lock(mutex_);
  woken_ = false;
  return std::exchange(ended_, {});
}

void FileSender::ended(uint64_t id, int result) {
  std::lock_guard<std::mutex> lock(mutex_);
  --count_;
  if (!connected_) return;
  ended_.push_back({id, result});
  // Under the lock: disconnect() promises that no call comes after it.
  if (!std::exchange(woken_, true)) wake_();
}

}  // namespace p2pfs
