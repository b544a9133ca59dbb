#include "platform/os_version.h"

#include "platform/dynamic_function.h"

namespace schannel {

OsVersion QueryOsVersion() {
  using RtlGetVersionFn = LONG(WINAPI*)(OSVERSIONINFOW*);
  using WineGetVersionFn = const char*(CDECL*)();

  OsVersion version;
  // GetVersionEx answers what the host's manifest asks for; RtlGetVersion answers the truth.
  if (const auto rtl_get_version = FindFunction<RtlGetVersionFn>(L"ntdll.dll", "RtlGetVersion")) {
    OSVERSIONINFOW info = {};
    info.dwOSVersionInfoSize = sizeof info;
    if (rtl_get_version(&info) == 0) version.build = info.dwBuildNumber;
  }
  if (const auto wine_version = FindFunction<WineGetVersionFn>(L"ntdll.dll", "wine_get_version")) {
    version.wine = wine_version();
  }
  return version;
}

}  // namespace schannel
