// Runs fusermount3 to its end: what it says on stderr, how it ended, and the descriptor it sends back. Blocks; for the
// pool's threads.
#pragma once
#include <string>
#include <vector>

#include "descriptor.h"

namespace p2pfs {

struct HelperOutcome {
  /// 0, or what kept it from running to a good end: of posix_spawn, ETIMEDOUT, or EIO for an exit status other than 0.
  int error = 0;
  /// The first of what it wrote on stderr, without line ends.
  std::string words;
  /// Sent by the program over the socket named in _FUSE_COMMFD.
  Descriptor received;
};

/// @param path absolute; @param arguments without the program's name. It gets none of this process's environment.
HelperOutcome runHelper(const std::string& path, const std::vector<std::string>& arguments, int timeoutMs);

}  // namespace p2pfs
