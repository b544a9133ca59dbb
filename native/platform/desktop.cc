#include "platform/desktop.h"

#include "platform/dynamic_function.h"

namespace schannel {

bool IsDesktopVisible() noexcept {
  // Not linked: the library would load user32 into every process that uses this one. Without it
  // nobody has shown a window.
  using GetProcessWindowStationFn = HWINSTA(WINAPI*)();
  using GetUserObjectInformationFn = BOOL(WINAPI*)(HANDLE, int, void*, DWORD, DWORD*);
  const auto station =
      FindFunction<GetProcessWindowStationFn>(L"user32.dll", "GetProcessWindowStation");
  const auto information =
      FindFunction<GetUserObjectInformationFn>(L"user32.dll", "GetUserObjectInformationW");
  if (station == nullptr || information == nullptr) return false;
  USEROBJECTFLAGS flags = {};
  // The handle is the process' own and is not closed ("GetProcessWindowStation function").
  if (!information(station(), UOI_FLAGS, &flags, sizeof(flags), nullptr)) return false;
  return (flags.dwFlags & WSF_VISIBLE) != 0;
}

}  // namespace schannel
