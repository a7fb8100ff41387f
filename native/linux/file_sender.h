// Sends stretches of files over connected stream sockets by sendfile(2): the bytes go from the page cache to the socket, and
// never through this process. A few threads do it, each with an epoll of its own: a peer that takes nothing costs no thread, and a
// disk that is slow holds up the sends of one thread only. Knows nothing of Node: whoever owns it is told by `wake` to call
// takeEnded().
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "descriptor.h"

namespace p2pfs {

constexpr uint32_t kSendThreads = 2;
/// Sends under way.
constexpr size_t kSendsMax = 1024;

struct SendRequest {
  uint64_t id;
  int socket;
  int file;
  uint64_t offset;
  uint64_t length;
  /// Longest the peer may take nothing.
  std::chrono::milliseconds stall;
};

/// A send is over: 0, or -errno: ECANCELED, ETIMEDOUT (the peer took nothing for too long), ENODATA (the file is too short), or
/// what sendfile says.
struct SendEnded {
  uint64_t id;
  int result;
};

class FileSender : public std::enable_shared_from_this<FileSender> {
 public:
  /// @param wake called from any thread, at most once until the next takeEnded(). @returns nullptr, and errno
  static std::shared_ptr<FileSender> open(std::function<void()> wake);
  ~FileSender();

  /// Begins one; both descriptors are duplicated, the socket must be non-blocking. @returns 0 or -errno, then nothing follows
  int send(const SendRequest& request);
  /// Ends one soon; nothing where it is over.
  void cancel(uint64_t id);
  /// Ends all of them, and the threads. Idempotent.
  void close();
  /// No more wake(). After it, threads that hang in the kernel do no harm.
  void disconnect();
  std::vector<SendEnded> takeEnded();

 private:
  class Lane;

  explicit FileSender(std::function<void()> wake) : wake_(std::move(wake)) {}
  void ended(uint64_t id, int result);

  /// The owner's thread's alone.
  std::vector<std::shared_ptr<Lane>> lanes_;
  std::mutex mutex_;
  std::vector<SendEnded> ended_;
  size_t count_ = 0;
  bool woken_ = false;
  bool connected_ = true;
  const std::function<void()> wake_;
};

}  // namespace p2pfs
