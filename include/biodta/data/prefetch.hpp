#pragma once
/// @file
/// Makes the next batches while the model works on this one.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace biodta::data {

/// One background thread calls `produce` until it returns nothing, and keeps at most `capacity` results
/// ready, in order. An exception of `produce` ends production and is thrown by next() in its place. One
/// consumer. The destructor waits for the call of `produce` in flight and drops what was not taken.
template <class T>
class Prefetcher {
 public:
  /// @param produce   what it refers to must outlive the prefetcher; called from the background thread alone.
  /// @param capacity  at least 1.
  explicit Prefetcher(std::function<std::optional<T>()> produce, std::size_t capacity = 2)
      : produce_(std::move(produce)), capacity_(capacity == 0 ? 1 : capacity), worker_([this] { run(); }) {}

  ~Prefetcher() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
  }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next result; nothing when production is over. Waits for it. Throws what `produce` threw, then and on
  /// every later call.
  std::optional<T> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || finished_; });
    if (ready_.empty()) {
      if (failure_) std::rethrow_exception(failure_);
      return std::nullopt;
    }
    std::optional<T> value(std::move(ready_.front()));
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return value;
  }

 private:
  void run() {
    try {
      while (has_room()) {
        std::optional<T> value = produce_();
        if (!value) break;
        add(std::move(*value));
      }
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      failure_ = std::current_exception();
    }
    {
      const std::scoped_lock lock(mutex_);
      finished_ = true;
    }
    changed_.notify_all();
  }

  /// Waits until a result can be kept; false when the prefetcher is being destroyed.
  bool has_room() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.size() < capacity_ || stopping_; });
    return !stopping_;
  }

  void add(T value) {
    {
      const std::scoped_lock lock(mutex_);
      ready_.push_back(std::move(value));
    }
    changed_.notify_all();
  }

  std::function<std::optional<T>()> produce_;
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> ready_;
  std::exception_ptr failure_;
  bool stopping_ = false;
  bool finished_ = false;
  std::thread worker_;  // last: it uses the others from its first moment
};

}  // namespace biodta::data
