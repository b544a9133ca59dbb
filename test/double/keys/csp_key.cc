#include "double/keys/csp_key.h"

#include "platform/bytes.h"

namespace schannel_double {

// LSASS can use the key of a CSP that may not be exported. The double has to export it from Wine.
// So it makes every key of a CSP exportable, and such a key reports a wrong export policy. [keys 3]
BOOL WINAPI ImportCspKey(HCRYPTPROV provider, const BYTE* data, DWORD size, HCRYPTKEY public_key,
                         DWORD flags, HCRYPTKEY* out) {
  return CryptImportKey(provider, data, size, public_key, flags | CRYPT_EXPORTABLE, out);
}
BOOL WINAPI GenerateCspKey(HCRYPTPROV provider, ALG_ID algorithm, DWORD flags, HCRYPTKEY* out) {
  return CryptGenKey(provider, algorithm, flags | CRYPT_EXPORTABLE, out);
}

// The key of a CSP, which Wine has in its registry and exports if it was made exportable.
PKey FromContainer(const CRYPT_KEY_PROV_INFO& info) {
  HCRYPTPROV provider = 0;
  if (!CryptAcquireContextW(&provider, info.pwszContainerName, info.pwszProvName, info.dwProvType,
                            (info.dwFlags & CRYPT_MACHINE_KEYSET) | CRYPT_SILENT)) {
    return nullptr;
  }
  PKey pkey;
  HCRYPTKEY handle = 0;
  if (CryptGetUserKey(provider, info.dwKeySpec == 0 ? AT_KEYEXCHANGE : info.dwKeySpec, &handle)) {
    DWORD size = 0;
    if (CryptExportKey(handle, 0, PRIVATEKEYBLOB, 0, nullptr, &size)) {
      schannel::Bytes blob(size);
      if (CryptExportKey(handle, 0, PRIVATEKEYBLOB, 0, blob.data(), &size)) {
        const unsigned char* at = blob.data();
        pkey.reset(b2i_PrivateKey(&at, static_cast<long>(size)));
      }
    }
    CryptDestroyKey(handle);
  }
  CryptReleaseContext(provider, 0);
  return pkey;
}

}  // namespace schannel_double
