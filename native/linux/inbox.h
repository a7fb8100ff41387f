// Requests on their way to JavaScript: two buffers of fixed size, one being filled by the reader threads, the other
// being worked off. Requests stand one behind the other, each beginning at a multiple of 8.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace p2pfs {

class Inbox {
 public:
  struct Batch {
    /// Which of the two buffers.
    int buffer;
    size_t bytes;
    uint32_t count;
  };

  /// The buffers outlive the inbox, or abandon() was called.
  Inbox(uint8_t* first, uint8_t* second, size_t bytesEach) : buffers_{first, second}, capacity_(bytesEach) {}

  /// Waits for room: a reader that cannot hand over stops reading, and the kernel queues. @returns false once abandoned
  bool append(const uint8_t* message, size_t length) {
    const size_t padded = paddedTo8(length);
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [&] { return abandoned_ || used_ + padded <= capacity_; });
    if (abandoned_) return false;
    put(message, length, padded);
    return true;
  }

  /// Does not wait. @returns false when there is no room
  bool appendIfRoom(const uint8_t* message, size_t length) {
    const size_t padded = paddedTo8(length);
    std::lock_guard<std::mutex> lock(mutex_);
    if (abandoned_ || used_ + padded > capacity_) return false;
    put(message, length, padded);
    return true;
  }

  /// The requests gathered so far; their buffer stays untouched until the next take().
  Batch take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (count_ == 0) return {filling_, 0, 0};
    const Batch batch{filling_, used_, count_};
    filling_ ^= 1;
    used_ = 0;
    count_ = 0;
    room_.notify_all();
    return batch;
  }

  /// Nobody will take any more: waiting readers are let go and their requests dropped.
  void abandon() {
    std::lock_guard<std::mutex> lock(mutex_);
    abandoned_ = true;
    room_.notify_all();
  }

 private:
  static size_t paddedTo8(size_t length) { return (length + 7) & ~size_t{7}; }
  void put(const uint8_t* message, size_t length, size_t padded) {
    memcpy(buffers_[filling_] + used_, message, length);
    used_ += padded;
    ++count_;
  }

  uint8_t* const buffers_[2];
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_;
  int filling_ = 0;
  size_t used_ = 0;
  uint32_t count_ = 0;
  bool abandoned_ = false;
};

}  // namespace p2pfs
