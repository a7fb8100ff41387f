// Answers READs with pages of the content file's page cache, through a pipe: one copy less than through a buffer. Of one
// thread; where it cannot be done, the caller answers the other way.
#pragma once
#include <cstddef>
#include <cstdint>

#include "descriptor.h"

namespace p2pfs {

class SplicedReply {
 public:
  /// Below it a copy is cheaper than the pipe.
  static constexpr size_t kBytesMin = 65536;

  enum Result {
    kSent,
    /// Nobody waits for the answer any more.
    kGone,
    /// Nothing was sent.
    kNotSent,
  };

  /// @param device /dev/fuse: a socket would take the parts for messages
  Result send(int device, uint64_t unique, int file, uint64_t offset, size_t length);

 private:
  bool open();
  Result giveUp(Result result);

  Descriptor in_, out_;
  size_t pages_ = 0;
  bool refused_ = false;
};

}  // namespace p2pfs
