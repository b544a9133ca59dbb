// What the registry has below HKLM\SYSTEM\CurrentControlSet\Services.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>

namespace schannel {

struct RegistryApi {
  decltype(&RegGetValueW) get = RegGetValueW;
  decltype(&RegSetKeyValueW) set = RegSetKeyValueW;
  decltype(&RegDeleteTreeW) remove = RegDeleteTreeW;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const RegistryApi kSystemRegistryApi = {};

// Paths are relative to that key: "name\Parameters". Those that are empty or lead nowhere below it
// are E_INVALIDARG. All functions throw WindowsError.

// A text as it stands, with its variables; nothing if there is no such key or value, or it is no
// text.
[[nodiscard]] std::optional<std::wstring> ServiceText(const RegistryApi& api,
                                                      const std::wstring& path,
                                                      const std::wstring& name);
// Makes the key if it is not there. The type is REG_SZ or REG_EXPAND_SZ.
void SetServiceText(const RegistryApi& api, const std::wstring& path, const std::wstring& name,
                    const std::wstring& text, DWORD type);
void SetServiceNumber(const RegistryApi& api, const std::wstring& path, const std::wstring& name,
                      DWORD number);
// Removes a key with all below it. It may be gone already. The path needs two parts: the key of a
// service itself is Windows'.
void RemoveServiceSettings(const RegistryApi& api, const std::wstring& path);

}  // namespace schannel
