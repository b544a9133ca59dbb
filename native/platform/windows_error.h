// A failed Windows call, or a misuse, on its way to JavaScript.
#pragma once

#include "platform/win.h"

#include <exception>

namespace schannel {

class WindowsError : public std::exception {
 public:
  // `syscall` must be a literal: it is kept by address.
  WindowsError(LONG status, const char* syscall) noexcept : status_(status), syscall_(syscall) {}

  // SECURITY_STATUS, HRESULT or Win32 error.
  [[nodiscard]] LONG status() const noexcept { return status_; }
  [[nodiscard]] const char* syscall() const noexcept { return syscall_; }
  [[nodiscard]] const char* what() const noexcept override { return syscall_; }

 private:
  LONG status_;
  const char* syscall_;
};

// For a Win32 function that has just failed, before anything else can change the last error.
[[nodiscard]] inline WindowsError LastError(const char* syscall) noexcept {
  return {static_cast<LONG>(GetLastError()), syscall};
}

// For a function that fails without a reason in Wine, where the last error stays as it was. Set it
// to ERROR_SUCCESS before the call.
[[nodiscard]] inline WindowsError SilentFailure(const char* syscall) noexcept {
  const DWORD error = GetLastError();
  return {static_cast<LONG>(error == ERROR_SUCCESS ? ERROR_NOT_SUPPORTED : error), syscall};
}

}  // namespace schannel
