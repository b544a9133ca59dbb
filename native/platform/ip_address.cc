#include "platform/win.h"

#include "platform/ip_address.h"

#include "platform/dynamic_function.h"

namespace schannel {

bool IsIpAddress(const wchar_t* text) noexcept {
  // ip2string.h: both want room for an address (4 and 16 bytes) and say where they stopped.
  using Ipv4Fn = LONG(WINAPI*)(const wchar_t*, BOOLEAN, const wchar_t**, BYTE*);
  using Ipv6Fn = LONG(WINAPI*)(const wchar_t*, const wchar_t**, BYTE*);
  BYTE address[16] = {};
  const wchar_t* end = nullptr;
  const auto ipv4 = FindFunction<Ipv4Fn>(L"ntdll.dll", "RtlIpv4StringToAddressW");
  if (ipv4 != nullptr && ipv4(text, TRUE, &end, address) == 0 && *end == L'\0') return true;
  const auto ipv6 = FindFunction<Ipv6Fn>(L"ntdll.dll", "RtlIpv6StringToAddressW");
  return ipv6 != nullptr && ipv6(text, &end, address) == 0 && *end == L'\0';
}

}  // namespace schannel
