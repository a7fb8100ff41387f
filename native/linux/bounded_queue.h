// Work handed from the JavaScript thread to threads of ours: bounded, first in first out.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace p2pfs {

template <class Item>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t countMax) : countMax_(countMax) {}

  /// @returns false when the queue is full or closed; the item is untouched then
  bool push(Item& item) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_ || items_.size() >= countMax_) return false;
    items_.push_back(std::move(item));
    ready_.notify_one();
    return true;
  }

  /// Waits for an item; nothing once the queue is closed and empty.
  std::optional<Item> pop() {
    std::unique_lock<std::mutex> lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<Item> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  /// No more pushes; what is queued is still handed out.
  void close() {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }

  /// Takes back what nobody has begun.
  std::deque<Item> takeAll() {
    std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(items_, {});
  }

 private:
  const size_t countMax_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Item> items_;
  bool closed_ = false;
};

}  // namespace p2pfs
