#include "spliced_reply.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "kernel_abi.h"

namespace p2pfs {

namespace {

/// Room for a header and the largest body, wherever in a page it begins. Users without rights get half of it, which is as much
/// as the largest body less a page.
constexpr int kPipeBytes = 2 << 20;
constexpr int kPipeBytesUnprivileged = 1 << 20;

}  // namespace

bool SplicedReply::open() {
  if (in_.valid() || refused_) return !refused_;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
    refused_ = true;
    return false;
  }
  out_.reset(fds[0]);
  in_.reset(fds[1]);
  if (fcntl(fds[1], F_SETPIPE_SZ, kPipeBytes) < 0) fcntl(fds[1], F_SETPIPE_SZ, kPipeBytesUnprivileged);
  const int bytes = fcntl(fds[1], F_GETPIPE_SZ);
  pages_ = bytes < 0 ? 0 : static_cast<size_t>(bytes) / static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return true;
}

/// What is in the pipe belongs to no answer: the next begins with another.
SplicedReply::Result SplicedReply::giveUp(Result result) {
  in_.reset();
  out_.reset();
  return result;
}

SplicedReply::Result SplicedReply::send(int device, uint64_t unique, int file, uint64_t offset, size_t length) {
  if (!open()) return kNotSent;
  const size_t pageBytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  // A pipe that is full would wait for somebody to take from it, and that is us.
  const size_t needed = (offset % pageBytes + length + pageBytes - 1) / pageBytes + 1;
  if (needed > pages_) return kNotSent;
  const abi::OutHeader header{static_cast<uint32_t>(sizeof header + length), 0, unique};
  if (write(in_.get(), &header, sizeof header) != static_cast<ssize_t>(sizeof header)) return giveUp(kNotSent);
  loff_t at = static_cast<loff_t>(offset);
  for (size_t left = length; left > 0;) {
    const ssize_t moved = splice(file, &at, in_.get(), nullptr, left, SPLICE_F_MOVE);
    if (moved < 0 && errno == EINTR) continue;
    // The file ends too early, or its filesystem cannot lend its pages.
    if (moved <= 0) return giveUp(kNotSent);
    left -= static_cast<size_t>(moved);
  }
  const size_t all = sizeof header + length;
  for (;;) {
    const ssize_t moved = splice(out_.get(), nullptr, device, nullptr, all, SPLICE_F_MOVE);
    if (moved == static_cast<ssize_t>(all)) return kSent;
    if (moved < 0 && errno == EINTR) continue;
    return giveUp(moved < 0 && errno == ENOENT ? kGone : kNotSent);
  }
}

}  // namespace p2pfs
