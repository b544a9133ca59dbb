// How a certificate leads to its private key.
#pragma once

#include "platform/win.h"

#include "platform/bytes.h"

namespace schannel_double {

// The memory of the certificate's CRYPT_KEY_PROV_INFO; false if it has none. [keys 1]
[[nodiscard]] bool LocationOf(PCCERT_CONTEXT certificate, schannel::Bytes& memory);
// CryptAcquireCertificatePrivateKey
BOOL WINAPI AcquireKey(PCCERT_CONTEXT certificate, DWORD flags, void* parameters,
                       HCRYPTPROV_OR_NCRYPT_KEY_HANDLE* out, DWORD* spec, BOOL* owned);
// CryptExportPublicKeyInfo
BOOL WINAPI ExportPublicKey(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle, DWORD spec, DWORD encoding,
                            PCERT_PUBLIC_KEY_INFO info, DWORD* size);

}  // namespace schannel_double
