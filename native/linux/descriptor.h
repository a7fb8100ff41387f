// A file descriptor with an owner: closed once, when the owner goes. No system call beyond dup and close.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace p2pfs {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  /// Another number for the same open file, closed on exec; errno tells why there is none.
  static Descriptor duplicateOf(int fd) { return Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace p2pfs
