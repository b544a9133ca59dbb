// A lock between the processes of one user.
#pragma once

#include "platform/win.h"

#include <future>
#include <string>
#include <thread>

#include "handle/handles.h"
#include "process/kernel_api.h"

namespace schannel {

// A named mutex, since Windows gives it to the next one when the process that has it is killed. It
// belongs to a thread, and calls from JavaScript come by any: each lock has a thread to hold it.
class ProcessLock {
 public:
  // Waits up to `timeout` milliseconds. `name` has the user's SID put behind it. Throws
  // WindowsError, with ERROR_TIMEOUT when others have the lock.
  ProcessLock(const KernelApi& api, const std::wstring& name, DWORD timeout);
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;
  ~ProcessLock() { Release(); }

  // The thread that had it before ended without giving it back.
  [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }

  // Others can have it when this returns. Idempotent, for one thread at a time.
  void Release() noexcept;

 private:
  struct Verdict {
    DWORD wait;   // WAIT_*
    DWORD error;  // for WAIT_FAILED
  };

  void Hold(const KernelApi& api, DWORD timeout);

  UniqueMutex mutex_;
  std::promise<Verdict> verdict_;
  std::promise<void> release_;
  std::thread holder_;
  bool abandoned_ = false;
};

}  // namespace schannel
