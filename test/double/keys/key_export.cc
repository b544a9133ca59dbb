#include <string>

#include "double/keys/key_calls.h"
#include "double/keys/key_guard.h"
#include "double/keys/key_handles.h"

namespace schannel_double {

SECURITY_STATUS WINAPI ExportKey(NCRYPT_KEY_HANDLE handle, NCRYPT_KEY_HANDLE, LPCWSTR type,
                                 NCryptBufferDesc* parameters, PBYTE out, DWORD room,
                                 DWORD* written, DWORD flags) {
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  const SECURITY_STATUS asked = out == nullptr ? ERROR_SUCCESS : AskUser(*key, flags);
  if (asked != ERROR_SUCCESS) return asked;
  const OpenSslCall call;
  if (std::wstring(type) != L"PKCS8_PRIVATEKEY") return NTE_NOT_SUPPORTED;
  // [keys 10] [keys 11]
  const bool plain = parameters == nullptr;
  const DWORD needed = plain ? NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG : NCRYPT_ALLOW_EXPORT_FLAG;
  if (key->provider.tpm || (key->policy & needed) == 0) return NTE_NOT_SUPPORTED;
  PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key->pkey.get());
  unsigned char* der = nullptr;
  int size = 0;
  if (plain) {
    size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  } else {
    std::string secret, salt;  // [keys 22]
    int iterations = 0;
    for (ULONG index = 0; index < parameters->cBuffers; ++index) {
      const NCryptBuffer& buffer = parameters->pBuffers[index];
      if (buffer.BufferType == NCRYPTBUFFER_PKCS_SECRET) {
        for (const wchar_t* at = static_cast<wchar_t*>(buffer.pvBuffer); *at != 0; ++at) {
          secret.push_back(static_cast<char>(*at));  // the tests use ASCII only
        }
      }
      if (buffer.BufferType == NCRYPTBUFFER_PKCS_ALG_PARAM) {
        const auto& pbe = *static_cast<CRYPT_PKCS12_PBE_PARAMS*>(buffer.pvBuffer);
        iterations = pbe.iIterations;
        salt.assign(reinterpret_cast<const char*>(&pbe + 1), pbe.cbSalt);
      }
    }
    X509_SIG* const sealed = PKCS8_encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, nullptr,
                                           secret.c_str(), static_cast<int>(secret.size()),
                                           reinterpret_cast<unsigned char*>(salt.data()),
                                           static_cast<int>(salt.size()), iterations, info);
    size = sealed == nullptr ? 0 : i2d_X509_SIG(sealed, &der);
    X509_SIG_free(sealed);
  }
  PKCS8_PRIV_KEY_INFO_free(info);
  if (size <= 0) return NTE_FAIL;
  const SECURITY_STATUS status = Give(der, static_cast<size_t>(size), out, room, written);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return status;
}

}  // namespace schannel_double
