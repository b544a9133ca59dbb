// The functions of data protection (DPAPI), as a table: Windows' own, or a test's that scripts
// them.
#pragma once

#include "platform/win.h"

// Not in win.h: WIN32_LEAN_AND_MEAN leaves it out, and nothing else needs it.
#include <dpapi.h>

namespace schannel {

struct ProtectionApi {
  decltype(&CryptProtectData) protect = CryptProtectData;
  decltype(&CryptUnprotectData) unprotect = CryptUnprotectData;
  decltype(&LocalFree) free = LocalFree;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const ProtectionApi kSystemProtectionApi = {};

}  // namespace schannel
