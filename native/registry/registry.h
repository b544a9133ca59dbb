// Keys and values of the machine and of the user, in the 64-bit view: a 32-bit process sees those
// of Windows too, and not its own copies of SOFTWARE.
#pragma once

#include "platform/win.h"

#include <string>
#include <vector>

#include "platform/bytes.h"
#include "registry/registry_api.h"

namespace schannel {

struct RegistryValue {
  // Empty for the default value of the key.
  std::wstring name;
  // REG_*.
  DWORD type = REG_NONE;
  Bytes data;
};

struct RegistryKey {
  // Relative to the key that was asked for; empty for that key.
  std::wstring path;
  // When it was last written, in 100 ns since 1601 (FILETIME).
  ULONGLONG written = 0;
  std::vector<RegistryValue> values;
};

// Paths are relative to HKEY_LOCAL_MACHINE: "SYSTEM\CurrentControlSet\Control\Lsa"; those of the
// user begin with "HKEY_CURRENT_USER\". Those that are empty, or begin or end with a backslash, are
// E_INVALIDARG. All functions throw WindowsError.

// A key and, down to `depth`, those below it. Nothing if there is no such key.
[[nodiscard]] std::vector<RegistryKey> ReadRegistry(const RegistryKeyApi& api,
                                                    const std::wstring& path, DWORD depth);
// Whether values of a key could be set. If there is no such key, whether it could be made. Changes
// nothing.
void CheckRegistryRights(const RegistryKeyApi& api, const std::wstring& path);
// Makes the key, and those above it, if they are not there. The value is on disk then.
void SetRegistryValue(const RegistryKeyApi& api, const std::wstring& path,
                      const RegistryValue& value);
// The value or its key may be gone already.
void RemoveRegistryValue(const RegistryKeyApi& api, const std::wstring& path,
                         const std::wstring& name);
// Only a key without keys and values: ERROR_DIR_NOT_EMPTY otherwise. It may be gone already.
void RemoveRegistryKey(const RegistryKeyApi& api, const std::wstring& path);

}  // namespace schannel
