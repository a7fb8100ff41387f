// A session with the kernel over one descriptor: /dev/fuse, or a SOCK_SEQPACKET socket in its place. Reader threads
// answer READs of present blocks and GETXATTRs of names that do not exist here; everything else is gathered for
// JavaScript. Knows nothing of Node: whoever owns the channel is told by `wake` to call takeEvents() and inbox().take().
//
// One descriptor, never FUSE_DEV_IOC_CLONE: a reply must go to the descriptor that delivered the request, and requests
// taken through a clone are lost with the process.
//
// Deadlock rule. A notification that invalidates pages (INVAL_INODE, STORE) waits in the kernel for the page locks of
// READs that are unanswered; a thread caught so cannot even be killed. So notifications have a thread of their own, and
// whoever sends one sees to it that all READs of that inode get their answers, if only EIO, from somewhere else than
// behind that notification's promise; and that they do before the process ends.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bounded_queue.h"
#include "descriptor.h"
#include "file_table.h"
#include "inbox.h"
#include "kernel_abi.h"
#include "read_epochs.h"
#include "spliced_reply.h"

namespace p2pfs {

/// Jobs that may wait for a worker, and notifications that may wait for theirs.
constexpr size_t kJobsMax = 4096;
constexpr size_t kNotificationsMax = 65536;

struct ChannelOptions {
  uint32_t readers = 2;
  uint32_t workers = 2;
  /// GETXATTRs of names without this beginning are answered: ENODATA, or EOPNOTSUPP where not even the namespace, up to the
  /// first dot, is the same; empty: all are handed on.
  std::string xattrPrefix;
  uint8_t* inboxes[2] = {nullptr, nullptr};
  /// At least one request of the largest size.
  size_t inboxBytes = 0;
  /// Called from any thread, never after disconnect(), at most once until the next takeEvents().
  std::function<void()> wake;
};

/// What happened off the JavaScript thread.
struct ChannelEvent {
  enum Kind {
    /// Nothing more can be read, `result` is the errno: ENODEV after an unmount, 0 when a socket's other end closed.
    kEnded,
    /// All readers have left; what they read is in the inbox.
    kReadersLeft,
    /// All threads have left.
    kThreadsLeft,
    /// The notification or drain() with this id is done: 0 or -errno.
    kDone,
    /// The READ with this unique could not be answered from the file it was to be answered from, and has no answer yet:
    /// -errno, or 0 when the file ended too early.
    kReadFailed,
  };
  Kind kind;
  uint64_t id;
  int result;
};

/// Since the channel was opened.
struct ChannelCounters {
  std::atomic<uint64_t> nativeReads{0}, nativeReadBytes{0};
  std::atomic<uint64_t> workerReads{0}, workerReadBytes{0};
  std::atomic<uint64_t> nativeXattrs{0};
  /// Native reads JavaScript was told of.
  std::atomic<uint64_t> observedReads{0};
  /// Handed to JavaScript.
  std::atomic<uint64_t> requests{0}, requestBytes{0}, batches{0};
  /// READs among them.
  std::atomic<uint64_t> requestedReads{0};
  /// Messages whose header does not fit them, dropped.
  std::atomic<uint64_t> malformed{0};
  /// Answers of ours that the kernel did not want any more, or would not take.
  std::atomic<uint64_t> repliesRefused{0};
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  /// Takes a duplicate of `fd` and makes the open file non-blocking. @returns nullptr, and errno
  static std::shared_ptr<Channel> open(int fd, const ChannelOptions& options);

  /// Lets the readers go. @returns 0 or -errno
  int start();
  /// The readers leave once they have handed over what they hold; replies go on being possible.
  void stopReading();
  /// Ends every thread: queued answers are still given, queued notifications cancelled. The mount stays.
  void close();
  /// Waits for the threads of a closed channel. @returns whether all have left
  bool waitUntilThreadsLeft(std::chrono::milliseconds limit);
  /// No more wake(), and the inboxes are not touched again. After it, threads that cannot leave do no harm.
  void disconnect();
  /// Gives up the descriptor; only after kThreadsLeft.
  void closeDescriptor() { fd_.reset(); }

  /// Writes one reply, in one piece or two. @returns 0 or -errno; -ENOENT: the request is gone
  int reply(const void* first, size_t firstBytes, const void* second, size_t secondBytes);
  /// A worker answers the READ with exactly these bytes of the file, or kReadFailed follows. Counts as a read in flight
  /// from now on. @returns 0 or -errno
  int replyFromFile(uint64_t unique, int fd, uint64_t offset, uint32_t length);
  /// Sends a notification on the notifier's thread; kDone with the id follows. @returns 0 or -errno
  int notify(uint64_t id, int32_t code, const uint8_t* body, size_t bodyBytes);
  /// Sends one on this thread: only for codes that cannot wait for a page (RESEND). @returns 0 or -errno
  int notifyNow(int32_t code, const uint8_t* body, size_t bodyBytes);
  /// @returns true when no read of a file is in flight; otherwise kDone with the id follows when those of now have ended
  bool drain(uint64_t id) { return epochs_.drain(id); }
  /// @returns a backing id > 0, or -errno
  int backingOpen(int fd);
  int backingClose(uint32_t id);

  FileTable& files() { return files_; }
  Inbox& inbox() { return inbox_; }
  std::vector<ChannelEvent> takeEvents();
  ChannelCounters& counters() { return counters_; }

 private:
  enum ThreadKind { kReader, kOther };
  struct Reader;
  struct FileJob {
    uint64_t unique;
    Descriptor fd;
    uint64_t offset;
    uint32_t length;
    uint64_t epoch;
  };
  struct Notification {
    uint64_t id;
    int32_t code;
    std::vector<uint8_t> body;
  };

  Channel(Descriptor fd, Descriptor stop, const ChannelOptions& options);
  int spawn(ThreadKind kind, const char* name, void (Channel::*run)());
  void threadLeft(ThreadKind kind);
  void post(ChannelEvent event);
  void wake();
  void postDrained(const std::vector<uint64_t>& ids);

  // channel_reader.cc
  void readLoop();
  /// @returns false when there will be no more
  bool readOne(Reader& reader);
  void handle(Reader& reader, size_t bytes);
  bool answerRead(Reader& reader, size_t bytes);
  void tellOfRead(Reader& reader, size_t bytes);
  bool answerGetxattr(Reader& reader, size_t bytes);
  bool sendPages(SplicedReply& spliced, uint64_t unique, int file, uint64_t offset, size_t length);
  void workLoop();
  void notifyLoop();
  /// From our own threads: waits while a socket is full. @returns 0 or -errno
  int replyOrWait(uint64_t unique, int error, const void* body, size_t bodyBytes);

  Descriptor fd_;
  /// /dev/fuse, not a socket in its place.
  bool isDevice_ = false;
  /// An eventfd that is readable from stopReading() on.
  Descriptor stop_;
  const ChannelOptions options_;
  FileTable files_;
  ReadEpochs epochs_;
  Inbox inbox_;
  BoundedQueue<FileJob> jobs_{kJobsMax};
  BoundedQueue<Notification> notifications_{kNotificationsMax};
  ChannelCounters counters_;

  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};

  std::mutex threadsMutex_;
  std::condition_variable threadsLeft_;
  uint32_t threads_[2] = {0, 0};
  bool closing_ = false;

  std::mutex eventsMutex_;
  std::vector<ChannelEvent> events_;
  bool woken_ = false;
  bool connected_ = true;
};

}  // namespace p2pfs
