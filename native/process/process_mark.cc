#include "process/process_mark.h"

#include "platform/windows_error.h"

namespace schannel {

UniqueMark CreateMark(const KernelApi& api, const std::wstring& name) {
  SetLastError(ERROR_SUCCESS);
  UniqueMark mark(api.create_event(nullptr, TRUE, FALSE, name.c_str()));
  const DWORD error = GetLastError();
  // One that was there is opened, with success.
  if (!mark || error == ERROR_ALREADY_EXISTS) {
    throw WindowsError(static_cast<LONG>(error), "CreateEventW");
  }
  return mark;
}

bool IsMarked(const KernelApi& api, const std::wstring& name) {
  const UniqueMark mark(api.open_event(SYNCHRONIZE, FALSE, name.c_str()));
  if (mark) return true;
  const DWORD error = GetLastError();
  if (error == ERROR_FILE_NOT_FOUND) return false;
  if (error == ERROR_ACCESS_DENIED) return true;  // an elevated process, or another user's
  throw WindowsError(static_cast<LONG>(error), "OpenEventW");
}

}  // namespace schannel
