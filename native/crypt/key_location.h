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

// Whether and before what a provider may ask its user.
struct KeyDialog {
  bool silent = false;
  HWND window = nullptr;
};

}  // namespace schannel
