// Where a private key is.
#pragma once

#include "platform/win.h"

#include <string>

namespace schannel {

// CRYPT_KEY_PROV_INFO without its parameters.
struct KeyLocation {
  std::wstring container;
  std::wstring provider;
  DWORD provider_type = 0;  // 0: CNG
  DWORD flags = 0;          // CRYPT_MACHINE_KEYSET, CRYPT_SILENT
  DWORD key_spec = 0;
};

// Without a name Windows takes the default provider, of CNG or of the CSP's type.
[[nodiscard]] inline const wchar_t* ProviderName(const std::wstring& provider) {
  return provider.empty() ? nullptr : provider.c_str();
}

// Whether and before what a provider may ask its user.
struct KeyDialog {
  bool silent = false;
  HWND window = nullptr;
};

}  // namespace schannel
