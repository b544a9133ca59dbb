#include "double/keys/certificate_key.h"

#include "double/keys/key_calls.h"
#include "double/keys/key_handles.h"

namespace schannel_double {

bool LocationOf(PCCERT_CONTEXT certificate, Bytes& memory) {
  DWORD size = 0;
  if (!CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, nullptr, &size))
    return false;
  memory.resize(size);
  return CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, memory.data(),
                                           &size) != FALSE;
}

namespace {

// [keys 29]
bool Belongs(PCCERT_CONTEXT certificate, EVP_PKEY* key) {
  const unsigned char* at = certificate->pbCertEncoded;
  const Cert decoded(d2i_X509(nullptr, &at, static_cast<long>(certificate->cbCertEncoded)));
  return decoded != nullptr && EVP_PKEY_eq(X509_get0_pubkey(decoded.get()), key) == 1;
}

}  // namespace

BOOL WINAPI AcquireKey(PCCERT_CONTEXT certificate, DWORD flags, void* parameters,
                       HCRYPTPROV_OR_NCRYPT_KEY_HANDLE* out, DWORD* spec, BOOL* owned) {
  Bytes memory;
  if (LocationOf(certificate, memory)) {
    const auto& info = *reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(memory.data());
    if (info.dwProvType == 0) {  // [keys 1] [keys 19]
      if ((flags & (CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG |
                    CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG)) == 0) {
        SetLastError(static_cast<DWORD>(NTE_BAD_PROV_TYPE));
        return FALSE;
      }
      NCRYPT_PROV_HANDLE provider = 0;
      NCRYPT_KEY_HANDLE key = 0;
      SECURITY_STATUS status = OpenProvider(&provider, info.pwszProvName, 0);
      if (status == ERROR_SUCCESS) {
        status = OpenKey(provider, &key, info.pwszContainerName, 0,
                         (info.dwFlags & CRYPT_MACHINE_KEYSET) != 0 ? NCRYPT_MACHINE_KEY_FLAG : 0);
        FreeObject(provider);
      }
      if (status == ERROR_SUCCESS && (flags & CRYPT_ACQUIRE_COMPARE_KEY_FLAG) != 0) {
        const OpenSslCall call;
        if (!Belongs(certificate, FindKey(key)->pkey.get())) {
          FreeObject(key);
          status = NTE_BAD_PUBLIC_KEY;
        }
      }
      if (status != ERROR_SUCCESS) {
        SetLastError(static_cast<DWORD>(status));
        return FALSE;
      }
      *out = key;
      *spec = CERT_NCRYPT_KEY_SPEC;
      *owned = TRUE;
      return TRUE;
    }
  }
  return CryptAcquireCertificatePrivateKey(certificate, flags, parameters, out, spec, owned);
}

BOOL WINAPI ExportPublicKey(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle, DWORD spec, DWORD encoding,
                            PCERT_PUBLIC_KEY_INFO info, DWORD* size) {
  const auto key = FindKey(handle);
  if (key == nullptr) return CryptExportPublicKeyInfo(handle, spec, encoding, info, size);
  const OpenSslCall call;
  // The caller gets a structure with pointers into itself, which crypt32 makes from DER.
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key->pkey.get(), &der);
  const BOOL done = CryptDecodeObject(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO, der,
                                      static_cast<DWORD>(length), 0, info, size);
  OPENSSL_free(der);
  return done;
}

}  // namespace schannel_double
