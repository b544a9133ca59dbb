// What a TPM does not do with its keys.
#pragma once

#include "double/keys/key_file.h"

namespace schannel_double {

enum class TpmAnswer { kSigns, kZeros };

// ERROR_SUCCESS, or why a TPM does not make such a key. [keys 11]
[[nodiscard]] SECURITY_STATUS TpmMakes(const std::wstring& algorithm, DWORD bits);
// ERROR_SUCCESS, or why a TPM does not sign with PSS so. With kZeros the signature is all zeros,
// and the call succeeds. [keys 25]
[[nodiscard]] SECURITY_STATUS TpmSignsPss(DWORD bits, DWORD digest_size, ULONG salt,
                                          TpmAnswer& answer);
// The key as LSASS uses it in a TPM: with PSS it signs, fails or answers zeros. [keys 28]
[[nodiscard]] PKey InTpm(PKey key);
// ERROR_SUCCESS, or why a TPM does not sign this digest with a key on a curve. [keys 26]
[[nodiscard]] SECURITY_STATUS TpmSignsOnCurve(DWORD bits, DWORD digest_size);

}  // namespace schannel_double
