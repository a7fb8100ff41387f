// Tells when all reads of files that had begun at some moment have ended: who takes blocks out of a file clears their
// bits, waits for that, and only then punches the hole. A read enters before it looks at the bits and leaves once the
// bytes are in memory.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace p2pfs {

class ReadEpochs {
 public:
  /// @returns what leave() must be given
  uint64_t enter() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++inFlight_.back();
    return first_ + inFlight_.size() - 1;
  }

  /// @returns ids of drain() whose reads have now all ended
  std::vector<uint64_t> leave(uint64_t epoch) {
    std::vector<uint64_t> drained;
    std::lock_guard<std::mutex> lock(mutex_);
    --inFlight_[epoch - first_];
    while (inFlight_.size() > 1 && inFlight_.front() == 0) {
      inFlight_.pop_front();
      ++first_;
    }
    while (!waiting_.empty() && waiting_.front().epoch < first_) {
      drained.push_back(waiting_.front().id);
      waiting_.pop_front();
    }
    return drained;
  }

  /// @returns true when no read is in flight; otherwise a later leave() gives back the id
  bool drain(uint64_t id) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (inFlight_.size() == 1 && inFlight_.back() == 0) return true;
    waiting_.push_back({id, first_ + inFlight_.size() - 1});
    inFlight_.push_back(0);
    return false;
  }

 private:
  struct Waiting {
    uint64_t id, epoch;
  };
  std::mutex mutex_;
  /// Reads in flight by the epoch in which they began; the last is now.
  std::deque<uint32_t> inFlight_{0};
  uint64_t first_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace p2pfs
