// Whether a worker is done with something.
#pragma once

#include "platform/win.h"

#include <chrono>
#include <mutex>

#include "platform/lock.h"

namespace schannel {

// For one thread that waits.
class Completion {
 public:
  Completion() = default;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  void Set() noexcept {
    const std::lock_guard<Lock> guard(lock_);
    is_set_ = true;
    changed_.NotifyOne();
  }

  // False when the time is over first.
  [[nodiscard]] bool WaitFor(std::chrono::milliseconds time) noexcept {
    const std::lock_guard<Lock> guard(lock_);
    return changed_.WaitFor(lock_, time, [this] { return is_set_; });
  }

 private:
  Lock lock_;
  Condition changed_;
  bool is_set_ = false;
};

// Sets it at the end of a scope, however that is left.
class CompletesAtEnd {
 public:
  explicit CompletesAtEnd(Completion& completion) noexcept : completion_(completion) {}
  CompletesAtEnd(const CompletesAtEnd&) = delete;
  CompletesAtEnd& operator=(const CompletesAtEnd&) = delete;
  ~CompletesAtEnd() { completion_.Set(); }

 private:
  Completion& completion_;
};

}  // namespace schannel
