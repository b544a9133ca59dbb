// A lock and a condition of Windows' own. The C++ library of mingw-w64 builds its mutex and its
// condition variable from kernel objects, so that every wait and every wake-up is a system call;
// these stay in the process while nobody has to wait.
#pragma once

#include "platform/win.h"

#include <chrono>

namespace schannel {

// Not recursive. For std::lock_guard and std::unique_lock.
class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() noexcept { AcquireSRWLockExclusive(&raw_); }
  void unlock() noexcept { ReleaseSRWLockExclusive(&raw_); }

 private:
  friend class Condition;
  SRWLOCK raw_ = SRWLOCK_INIT;
};

class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  void NotifyOne() noexcept { WakeConditionVariable(&raw_); }

  // Waits with `held` given up until `ready()`; false when the time is over first.
  template <typename Ready>
  bool WaitFor(Lock& held, std::chrono::milliseconds time, Ready ready) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!ready()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      // Wakes for no reason are allowed, and a time that is over is seen in the next round.
      SleepConditionVariableSRW(&raw_, &held.raw_, static_cast<DWORD>(left.count()), 0);
    }
    return true;
  }

 private:
  CONDITION_VARIABLE raw_ = CONDITION_VARIABLE_INIT;
};

}  // namespace schannel
