#include "process/process_lock.h"

#include <utility>

#include "process/user_security.h"

namespace schannel {
namespace {

HANDLE OpenMutexOfUser(const KernelApi& api, const std::wstring& name) {
  const std::wstring sid = UserSid();
  UserSecurity security(sid);
  const HANDLE mutex = api.create_mutex(security.get(), FALSE, (name + L"-" + sid).c_str());
  if (mutex == nullptr) throw LastError("CreateMutexW");
  return mutex;
}

}  // namespace

void ProcessLock::Acquire(Task decided) {
  holder_ = std::thread([this, decided = std::move(decided)]() mutable {
    const Task task = std::move(decided);
    Hold(task);
  });
}

void ProcessLock::Verify() const {
  if (failure_) throw WindowsError(*failure_);
}

void ProcessLock::Release() noexcept {
  if (!holder_.joinable()) return;
  release_.set_value();
  holder_.join();
  mutex_.Reset();
}

void ProcessLock::Hold(const Task& decided) noexcept {
  const std::future<void> released = release_.get_future();
  try {
    Wait();
  } catch (const WindowsError& error) {
    failure_ = error;
  } catch (const std::exception&) {
    failure_ = WindowsError(E_OUTOFMEMORY, "out of memory");
  }
  decided();
  if (failure_) return;
  released.wait();
  ReleaseMutex(mutex_.get());
}

void ProcessLock::Wait() {
  mutex_.Reset(OpenMutexOfUser(api_, name_));
  switch (api_.wait(mutex_.get(), timeout_)) {
    case WAIT_OBJECT_0:
      return;
    case WAIT_ABANDONED:
      abandoned_ = true;
      return;
    case WAIT_TIMEOUT:
      throw WindowsError(ERROR_TIMEOUT, "WaitForSingleObject");
    default:
      throw LastError("WaitForSingleObject");
  }
}

}  // namespace schannel
