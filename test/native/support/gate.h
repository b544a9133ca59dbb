// What threads of a test wait for each other by.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace test {

// Opens once; all who wait go on.
class Gate {
 public:
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    // The runner ends a test that waits forever.
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Counts to a number; Wait() returns when it is reached.
class Countdown {
 public:
  explicit Countdown(int count) : left_(count) {}
  void Tick() {
    if (left_.fetch_sub(1) == 1) done_.Open();
  }
  void Wait() { done_.Wait(); }

 private:
  std::atomic<int> left_;
  Gate done_;
};

}  // namespace test
