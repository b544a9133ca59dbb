// Keys in the containers of CSPs, which are Wine's.
#pragma once

#include "double/openssl.h"

namespace schannel_double {

// CryptImportKey and CryptGenKey
BOOL WINAPI ImportCspKey(HCRYPTPROV provider, const BYTE* data, DWORD size, HCRYPTKEY public_key,
                         DWORD flags, HCRYPTKEY* out);
BOOL WINAPI GenerateCspKey(HCRYPTPROV provider, ALG_ID algorithm, DWORD flags, HCRYPTKEY* out);
// Null if there is none.
[[nodiscard]] PKey FromContainer(const CRYPT_KEY_PROV_INFO& info);

}  // namespace schannel_double
