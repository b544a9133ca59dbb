// The functions of the registry, as a table: Windows' own, or a test's that scripts them.
#pragma once

#include "platform/win.h"

namespace schannel {

struct RegistryKeyApi {
  decltype(&RegOpenKeyExW) open = RegOpenKeyExW;
  decltype(&RegCreateKeyExW) create = RegCreateKeyExW;
  decltype(&RegCloseKey) close = RegCloseKey;
  decltype(&RegQueryInfoKeyW) info = RegQueryInfoKeyW;
  decltype(&RegEnumKeyExW) enumerate_keys = RegEnumKeyExW;
  decltype(&RegEnumValueW) enumerate_values = RegEnumValueW;
  decltype(&RegSetValueExW) set = RegSetValueExW;
  decltype(&RegFlushKey) flush = RegFlushKey;
  decltype(&RegDeleteValueW) remove_value = RegDeleteValueW;
  decltype(&RegDeleteKeyExW) remove_key = RegDeleteKeyExW;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const RegistryKeyApi kSystemRegistryKeyApi = {};

}  // namespace schannel
