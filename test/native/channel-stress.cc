// The channel without Node, for the sanitizers: a pretend kernel sends requests from one thread, another receives the
// answers and checks them, the main thread does what JavaScript would, in random order: files set and deleted, bits
// set and cleared, answers from files, notifications, drains, and the end in the middle of it all.
//
//   channel-stress [ROUNDS] [SEED]
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "../../native/linux/channel.h"

using namespace p2pfs;

namespace {

constexpr uint32_t kBlock = 4096;
constexpr uint32_t kBlocks = 64;
constexpr uint64_t kHandles = 4;
/// Requests of one round.
constexpr int kRequests = 3000;
/// Requests the pretend kernel has out at once: the sockets are small.
constexpr int kInFlight = 16;

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      abort();                                                              \
    }                                                                       \
  } while (0)

/// Block b of the file is filled with the byte b + 1.
Descriptor makeContent() {
  char path[] = "/tmp/p2pfs-stress-XXXXXX";
  Descriptor fd(mkstemp(path));
  CHECK(fd.valid() && unlink(path) == 0);
  for (uint32_t block = 0; block < kBlocks; ++block) {
    const std::vector<uint8_t> bytes(kBlock, static_cast<uint8_t>(block + 1));
    CHECK(pwrite(fd.get(), bytes.data(), kBlock, block * kBlock) == kBlock);
  }
  return fd;
}

/// The other end of the channel's socket.
class PretendKernel {
 public:
  PretendKernel(int end, uint32_t seed) : end_(end), random_(seed) {}

  void send() {
    for (int i = 0; i < kRequests; ++i) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        answered_.wait(lock, [this] { return over_ || inFlight_.size() < kInFlight; });
        if (over_) return;
      }
      sendOne(static_cast<uint64_t>(i) + 1);
    }
  }

  /// Until the channel is closed.
  void receive() {
    std::vector<uint8_t> buffer(2 * abi::kBodyBytesMax);
    for (;;) {
      const ssize_t bytes = read(end_, buffer.data(), buffer.size());
      std::lock_guard<std::mutex> lock(mutex_);
      if (bytes <= 0) {
        over_ = true;
        answered_.notify_all();
        return;
      }
      check(buffer.data(), static_cast<size_t>(bytes));
      answered_.notify_all();
    }
  }

  size_t unanswered() {
    std::lock_guard<std::mutex> lock(mutex_);
    return inFlight_.size();
  }
  int notifications = 0;

 private:
  struct Asked {
    uint64_t offset;
    uint32_t size;
  };

  void sendOne(uint64_t unique) {
    uint8_t message[sizeof(abi::InHeader) + sizeof(abi::ReadIn)] = {};
    abi::InHeader header{sizeof message, abi::kRead, unique, 2, 0, 0, 0, 0, 0};
    abi::ReadIn in{random_() % kHandles, random_() % (kBlock * kBlocks), static_cast<uint32_t>(random_() % (2 * kBlock)),
                   0, 0, 0, 0};
    if (random_() % 8 == 0) header.opcode = 1;
    memcpy(message, &header, sizeof header);
    memcpy(message + sizeof header, &in, sizeof in);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      inFlight_[unique] = {in.offset, in.size};
    }
    // The channel may have been closed meanwhile.
    CHECK(write(end_, message, sizeof message) == sizeof message || errno == EPIPE || errno == ECONNRESET);
  }

  void check(const uint8_t* bytes, size_t length) {
    abi::OutHeader header;
    CHECK(length >= sizeof header);
    memcpy(&header, bytes, sizeof header);
    CHECK(header.length == length);
    if (header.unique == 0) {
      ++notifications;
      return;
    }
    const auto asked = inFlight_.find(header.unique);
    CHECK(asked != inFlight_.end());
    if (header.error == 0) {
      const uint64_t left = uint64_t{kBlock} * kBlocks - asked->second.offset;
      CHECK(length - sizeof header == std::min<uint64_t>(asked->second.size, left));
      for (size_t i = 0; i < length - sizeof header; ++i) {
        CHECK(bytes[sizeof header + i] == (asked->second.offset + i) / kBlock + 1);
      }
    }
    inFlight_.erase(asked);
  }

  const int end_;
  std::mt19937 random_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::map<uint64_t, Asked> inFlight_;
  bool over_ = false;
};

/// What JavaScript is in the daemon: one thread that is woken.
class Script {
 public:
  Script(int device, const Descriptor& content, uint32_t seed) : content_(content.get()), random_(seed) {
    inboxes_[0].resize(2 * abi::kRequestBytesMax);
    inboxes_[1].resize(2 * abi::kRequestBytesMax);
    ChannelOptions options;
    options.readers = 1 + random_() % 3;
    options.workers = 1 + random_() % 2;
    options.inboxes[0] = inboxes_[0].data();
    options.inboxes[1] = inboxes_[1].data();
    options.inboxBytes = inboxes_[0].size();
    options.wake = [this] {
      std::lock_guard<std::mutex> lock(mutex_);
      awake_ = true;
      ready_.notify_one();
    };
    channel_ = Channel::open(device, options);
    CHECK(channel_ != nullptr);
    for (uint64_t handle = 0; handle < kHandles; ++handle) setFile(handle);
    CHECK(channel_->start() == 0);
  }

  /// Answers until all requests are answered, or until `early` many came.
  void run(PretendKernel& kernel, int early) {
    int handled = 0;
    while (handled < early && (!sentAll || kernel.unanswered() > 0)) {
      handled += deliver();
      meddle();
    }
    channel_->stopReading();
    while (!readersLeft_) deliver();
    channel_->close();
    while (!threadsLeft_) deliver();
    CHECK(waiting_.empty());
    channel_->disconnect();
    channel_->closeDescriptor();
    CHECK(channel_->reply("", 0, nullptr, 0) == -EBADF);
  }

  std::atomic<bool> sentAll{false};

 private:
  void setFile(uint64_t handle) {
    auto entry = std::make_shared<FileEntry>();
    entry->fd = Descriptor::duplicateOf(content_);
    entry->size = uint64_t{kBlock} * kBlocks;
    entry->blockShift = 12;
    if (random_() % 4 != 0) {
      entry->bitmap = std::shared_ptr<const uint8_t>(bits_, [](const uint8_t*) {});
      entry->bitmapBytes = sizeof bits_;
    }
    channel_->files().set(handle, std::move(entry));
  }

  int deliver() {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      ready_.wait_for(lock, std::chrono::milliseconds(1), [this] { return awake_; });
      awake_ = false;
    }
    const auto events = channel_->takeEvents();
    int handled = 0;
    bool untilEmpty = false;
    for (const ChannelEvent& event : events) untilEmpty |= event.kind == ChannelEvent::kReadersLeft;
    do {
      const Inbox::Batch batch = channel_->inbox().take();
      if (batch.count == 0) break;
      handled += static_cast<int>(batch.count);
      answer(batch);
    } while (untilEmpty);
    for (const ChannelEvent& event : events) {
      if (event.kind == ChannelEvent::kReadersLeft) readersLeft_ = true;
      if (event.kind == ChannelEvent::kThreadsLeft) threadsLeft_ = true;
      if (event.kind == ChannelEvent::kDone) CHECK(waiting_.erase(event.id) == 1);
    }
    return handled;
  }

  void answer(const Inbox::Batch& batch) {
    uint32_t count = 0;
    for (size_t at = 0; at < batch.bytes; ++count) {
      const uint8_t* message = inboxes_[batch.buffer].data() + at;
      abi::InHeader header;
      abi::ReadIn in;
      memcpy(&header, message, sizeof header);
      memcpy(&in, message + sizeof header, sizeof in);
      at += (header.length + 7) & ~7u;
      const uint64_t left = uint64_t{kBlock} * kBlocks - in.offset;
      const auto length = static_cast<uint32_t>(std::min<uint64_t>(in.size, left));
      if (header.opcode != abi::kRead || channel_->replyFromFile(header.unique, content_, in.offset, length) != 0) {
        const abi::OutHeader out{sizeof out, -38, header.unique};
        while (channel_->reply(&out, sizeof out, nullptr, 0) == -EAGAIN) std::this_thread::yield();
      }
    }
    CHECK(count == batch.count);
  }

  /// Something random, at any moment.
  void meddle() {
    const uint64_t handle = random_() % kHandles;
    const uint8_t mask = static_cast<uint8_t>(1u << (random_() % 8));
    uint8_t* byte = &bits_[random_() % sizeof bits_];
    switch (random_() % 7) {
      case 0: return setFile(handle);
      case 1: return channel_->files().remove(handle);
      case 2: __atomic_or_fetch(byte, mask, __ATOMIC_SEQ_CST); return;
      case 3: __atomic_and_fetch(byte, static_cast<uint8_t>(~mask), __ATOMIC_SEQ_CST); return;
      case 4:
        waiting_.insert(++lastId_);
        if (channel_->drain(lastId_)) waiting_.erase(lastId_);
        return;
      case 5:
        waiting_.insert(++lastId_);
        if (channel_->notify(lastId_, 3, bits_, sizeof bits_) != 0) waiting_.erase(lastId_);
        return;
      default: return;
    }
  }

  const int content_;
  std::mt19937 random_;
  std::vector<uint8_t> inboxes_[2];
  uint8_t bits_[kBlocks / 8] = {};
  std::shared_ptr<Channel> channel_;
  std::mutex mutex_;
  std::condition_variable ready_;
  bool awake_ = false;
  bool readersLeft_ = false, threadsLeft_ = false;
  uint64_t lastId_ = 0;
  std::set<uint64_t> waiting_;
};

void round(const Descriptor& content, uint32_t seed, bool early) {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  Descriptor end(ends[0]), device(ends[1]);
  PretendKernel kernel(end.get(), seed);
  std::unique_ptr<Script> script = std::make_unique<Script>(device.get(), content, seed + 1);
  device.reset();
  std::thread receiver([&] { kernel.receive(); });
  std::thread sender([&] {
    kernel.send();
    script->sentAll = true;
  });
  script->run(kernel, early ? static_cast<int>(seed % 500) : INT32_MAX);
  receiver.join();
  sender.join();
  if (!early) CHECK(kernel.unanswered() == 0);
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  const int rounds = argc > 1 ? atoi(argv[1]) : 20;
  const auto seed = static_cast<uint32_t>(argc > 2 ? atoi(argv[2]) : std::random_device()());
  printf("channel-stress: SEED=%u\n", seed);
  const Descriptor content = makeContent();
  for (int i = 0; i < rounds; ++i) round(content, seed + static_cast<uint32_t>(i) * 7, i % 2 == 1);
  printf("%d rounds\n", rounds);
  return 0;
}
