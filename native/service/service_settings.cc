#include "service/service_settings.h"

#include "platform/windows_error.h"

namespace schannel {
namespace {

std::wstring KeyOf(const std::wstring& path) {
  if (path.empty() || path.front() == L'\\' || path.find(L'\0') != std::wstring::npos) {
    throw WindowsError(E_INVALIDARG, "path of a service's settings");
  }
  return L"SYSTEM\\CurrentControlSet\\Services\\" + path;
}

void Check(LSTATUS status, const char* syscall) {
  if (status != ERROR_SUCCESS) throw WindowsError(status, syscall);
}

bool IsAbsent(LSTATUS status) {
  return status == ERROR_FILE_NOT_FOUND || status == ERROR_PATH_NOT_FOUND;
}

void Set(const RegistryApi& api, const std::wstring& path, const std::wstring& name, DWORD type,
         const void* data, size_t size) {
  Check(api.set(HKEY_LOCAL_MACHINE, KeyOf(path).c_str(), name.c_str(), type, data,
                static_cast<DWORD>(size)),
        "RegSetKeyValueW");
}

}  // namespace

std::optional<std::wstring> ServiceText(const RegistryApi& api, const std::wstring& path,
                                        const std::wstring& name) {
  constexpr DWORD kFlags = RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND;
  const std::wstring key = KeyOf(path);
  DWORD size = 0;
  LSTATUS status =
      api.get(HKEY_LOCAL_MACHINE, key.c_str(), name.c_str(), kFlags, nullptr, nullptr, &size);
  if (IsAbsent(status) || status == ERROR_UNSUPPORTED_TYPE) return std::nullopt;
  Check(status, "RegGetValueW");
  std::wstring text(size / sizeof(wchar_t) + 1, L'\0');
  size = static_cast<DWORD>(text.size() * sizeof(wchar_t));
  status =
      api.get(HKEY_LOCAL_MACHINE, key.c_str(), name.c_str(), kFlags, nullptr, text.data(), &size);
  Check(status, "RegGetValueW");
  text.resize(text.find(L'\0'));
  return text;
}

void SetServiceText(const RegistryApi& api, const std::wstring& path, const std::wstring& name,
                    const std::wstring& text, DWORD type) {
  if (type != REG_SZ && type != REG_EXPAND_SZ) throw WindowsError(E_INVALIDARG, "type of a value");
  Set(api, path, name, type, text.c_str(), (text.size() + 1) * sizeof(wchar_t));
}

void SetServiceNumber(const RegistryApi& api, const std::wstring& path, const std::wstring& name,
                      DWORD number) {
  Set(api, path, name, REG_DWORD, &number, sizeof(number));
}

void RemoveServiceSettings(const RegistryApi& api, const std::wstring& path) {
  const size_t border = path.find(L'\\');
  if (border == std::wstring::npos || border + 1 == path.size()) {
    throw WindowsError(E_INVALIDARG, "path of a service's settings");
  }
  const LSTATUS status = api.remove(HKEY_LOCAL_MACHINE, KeyOf(path).c_str());
  if (!IsAbsent(status)) Check(status, "RegDeleteTreeW");
}

}  // namespace schannel
