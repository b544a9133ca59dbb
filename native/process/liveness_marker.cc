#include "process/liveness_marker.h"

#include "platform/windows_error.h"

namespace schannel {

UniqueLivenessMarker CreateLivenessMarker(const KernelApi& api, const std::wstring& name) {
  SetLastError(ERROR_SUCCESS);
  UniqueLivenessMarker marker(api.create_event(nullptr, TRUE, FALSE, name.c_str()));
  const DWORD error = GetLastError();
  // CreateEventW opens an event that exists, and succeeds.
  if (!marker || error == ERROR_ALREADY_EXISTS) {
    throw WindowsError(static_cast<LONG>(error), "CreateEventW");
  }
  return marker;
}

bool IsAlive(const KernelApi& api, const std::wstring& name) {
  const UniqueLivenessMarker marker(api.open_event(SYNCHRONIZE, FALSE, name.c_str()));
  if (marker) return true;
  const DWORD error = GetLastError();
  if (error == ERROR_FILE_NOT_FOUND) return false;
  if (error == ERROR_ACCESS_DENIED) return true;  // an elevated process, or another user's
  throw WindowsError(static_cast<LONG>(error), "OpenEventW");
}

}  // namespace schannel
