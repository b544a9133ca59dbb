// What a new key should be.
#pragma once

#include "platform/win.h"

#include <memory>
#include <string>

#include "crypt/key_location.h"
#include "platform/secret.h"

namespace schannel {

struct KeyImport {
  KeyLocation location;
  KeyDialog dialog;
  std::wstring algorithm;  // of CNG
  std::wstring type;       // of the blob
  Secret blob;
  DWORD export_policy = 0;  // NCRYPT_ALLOW_*
};

struct KeyGeneration {
  KeyLocation location;
  KeyDialog dialog;
  std::wstring algorithm;
  DWORD bits = 0;
  DWORD export_policy = 0;
};

}  // namespace schannel
