// Files whose present blocks are answered without JavaScript: handle -> descriptor, size, bitmap. Readers of the table
// are the channel's threads; its one writer is the JavaScript thread. An entry lives until the last native read on it
// has ended.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "descriptor.h"

namespace p2pfs {

struct FileEntry {
  /// Our own duplicate: the number JavaScript gave may be closed and reused at any time.
  Descriptor fd;
  /// Bytes; what lies beyond is the end of the file.
  uint64_t size = 0;
  /// A block is 1 << blockShift bytes.
  uint32_t blockShift = 0;
  /// Bit i (byte i >> 3, bit i & 7): block i is in the file. nullptr: every block is.
  std::shared_ptr<const uint8_t> bitmap;
  size_t bitmapBytes = 0;
  /// JavaScript is told of each READ that was answered from it, afterwards.
  bool observed = false;

  /// Whether all bytes of [offset, offset + length), which ends within the size, are in the file.
  bool present(uint64_t offset, uint64_t length) const {
    if (bitmap == nullptr || length == 0) return true;
    const uint64_t last = (offset + length - 1) >> blockShift;
    for (uint64_t block = offset >> blockShift; block <= last; ++block) {
      if ((block >> 3) >= bitmapBytes) return false;
      // Acquire: the bytes were written before JavaScript set the bit.
      const uint8_t bits = __atomic_load_n(bitmap.get() + (block >> 3), __ATOMIC_ACQUIRE);
      if ((bits & (1u << (block & 7))) == 0) return false;
    }
    return true;
  }
};

class FileTable {
 public:
  std::shared_ptr<const FileEntry> find(uint64_t handle) const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    auto found = entries_.find(handle);
    return found == entries_.end() ? nullptr : found->second;
  }

  void set(uint64_t handle, std::shared_ptr<const FileEntry> entry) {
    // Swapped, so that what was there before is dropped after the lock.
    std::unique_lock<std::shared_mutex> lock(mutex_);
    entries_[handle].swap(entry);
    lock.unlock();
  }

  /// Lets a handle have another's file. @returns whether there was one
  bool share(uint64_t handle, uint64_t other) {
    std::shared_ptr<const FileEntry> entry = find(other);
    if (entry == nullptr) return false;
    set(handle, std::move(entry));
    return true;
  }

  void remove(uint64_t handle) {
    std::shared_ptr<const FileEntry> last;
    std::unique_lock<std::shared_mutex> lock(mutex_);
    auto found = entries_.find(handle);
    if (found == entries_.end()) return;
    last = std::move(found->second);
    entries_.erase(found);
    lock.unlock();
  }

  void clear() {
    std::unordered_map<uint64_t, std::shared_ptr<const FileEntry>> all;
    std::unique_lock<std::shared_mutex> lock(mutex_);
    all.swap(entries_);
    lock.unlock();
  }

  size_t size() const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    return entries_.size();
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<const FileEntry>> entries_;
};

}  // namespace p2pfs
