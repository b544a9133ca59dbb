// A lock between the processes of one user.
#pragma once

#include "platform/win.h"

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "handle/handles.h"
#include "platform/windows_error.h"
#include "process/kernel_api.h"

namespace schannel {

// A named mutex, since Windows passes it on if the process that holds it is killed. A mutex belongs
// to a thread, and calls from JavaScript come from any. So each lock has a separate thread, which
// waits for it and holds it. Workers do not wait, because the holder of the lock needs them.
class ProcessLock {
 public:
  // Must not throw, nor drop the last reference to the lock.
  using Task = std::function<void()>;

  // `name` has the user's SID put behind it; `timeout` is in milliseconds.
  ProcessLock(const KernelApi& api, std::wstring name, DWORD timeout)
      : api_(api), name_(std::move(name)), timeout_(timeout) {}
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;
  ~ProcessLock() { Release(); }

  // Once: waits for the lock, and runs `decided` on the lock's thread when it is had, or is not.
  // Throws std::system_error when there is no thread.
  void Acquire(Task decided);

  // Since it was decided: throws WindowsError when the lock is not had, with ERROR_TIMEOUT when
  // others have it.
  void Verify() const;
  // The thread that had it before ended without giving it back.
  [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }

  // Others can have it when this returns; waits for the decision. Idempotent, for one thread at a
  // time.
  void Release() noexcept;

 private:
  void Hold(const Task& decided) noexcept;
  void Wait();

  const KernelApi& api_;
  const std::wstring name_;
  const DWORD timeout_;
  UniqueMutex mutex_;
  bool abandoned_ = false;
  std::optional<WindowsError> failure_;
  std::promise<void> release_;
  std::thread holder_;
};

}  // namespace schannel
