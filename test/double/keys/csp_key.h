// Keys in the containers of CSPs, which are Wine's. LSASS can use a key that may not be exported,
// and the double can't. So it keeps a copy of each. [keys 3]
#pragma once

#include "double/openssl.h"

namespace schannel_double {

// CryptAcquireContextW, CryptImportKey and CryptGenKey
BOOL WINAPI AcquireCsp(HCRYPTPROV* out, LPCWSTR container, LPCWSTR provider, DWORD type,
                       DWORD flags);
BOOL WINAPI ImportCspKey(HCRYPTPROV provider, const BYTE* data, DWORD size, HCRYPTKEY public_key,
                         DWORD flags, HCRYPTKEY* out);
BOOL WINAPI GenerateCspKey(HCRYPTPROV provider, ALG_ID purpose, DWORD flags, HCRYPTKEY* out);
// Null if there is none, or if another program has made it.
[[nodiscard]] PKey FromContainer(const CRYPT_KEY_PROV_INFO& info);

}  // namespace schannel_double
