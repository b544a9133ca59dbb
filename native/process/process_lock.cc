#include "process/process_lock.h"

#include "platform/windows_error.h"
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

ProcessLock::ProcessLock(const KernelApi& api, const std::wstring& name, DWORD timeout)
    : mutex_(OpenMutexOfUser(api, name)), holder_([this, &api, timeout] { Hold(api, timeout); }) {
  const Verdict verdict = verdict_.get_future().get();
  abandoned_ = verdict.wait == WAIT_ABANDONED;
  if (abandoned_ || verdict.wait == WAIT_OBJECT_0) return;
  holder_.join();
  const DWORD error = verdict.wait == WAIT_TIMEOUT ? ERROR_TIMEOUT : verdict.error;
  throw WindowsError(static_cast<LONG>(error), "WaitForSingleObject");
}

void ProcessLock::Release() noexcept {
  if (!holder_.joinable()) return;
  release_.set_value();
  holder_.join();
  mutex_.Reset();
}

void ProcessLock::Hold(const KernelApi& api, DWORD timeout) {
  // Taken before the verdict: with a failure, the members are gone soon after.
  std::future<void> released = release_.get_future();
  const DWORD wait = api.wait(mutex_.get(), timeout);
  const DWORD error = GetLastError();
  verdict_.set_value({wait, error});
  if (wait != WAIT_OBJECT_0 && wait != WAIT_ABANDONED) return;
  released.wait();
  ReleaseMutex(mutex_.get());
}

}  // namespace schannel
