#include "double/keys/key_calls.h"
#include "double/keys/key_guard.h"
#include "double/keys/key_handles.h"
#include "double/keys/key_rights.h"
#include "double/keys/key_tpm.h"
#include "double/world.h"

namespace schannel_double {

SECURITY_STATUS WINAPI OpenProvider(NCRYPT_PROV_HANDLE* handle, LPCWSTR name, DWORD) {
  Provider provider = {name == nullptr ? kSoftwareProvider : name, false};
  provider.tpm = provider.name == kPlatformProvider;
  // [keys 21]
  if (!provider.tpm && provider.name != kSoftwareProvider) return NTE_PROV_TYPE_NOT_DEF;
  *handle = AddProvider(provider);
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI OpenKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE* out, LPCWSTR name,
                               DWORD, DWORD flags) {
  const OpenSslCall call;
  auto key = std::make_shared<Key>();
  if (!FindProvider(handle, key->provider)) return NTE_INVALID_HANDLE;
  key->name = name;
  key->machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
  if (!Load(*key)) return NTE_BAD_KEYSET;  // [keys 7]
  if (!MayUse(*key)) return DeniedStatus();
  *out = AddKey(std::move(key));
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI CreateKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE* out,
                                 LPCWSTR algorithm, LPCWSTR name, DWORD, DWORD flags) {
  Provider provider;
  if (!FindProvider(handle, provider)) return NTE_INVALID_HANDLE;
  auto key = std::make_shared<Key>();
  key->provider = provider;
  key->name = name == nullptr ? L"" : name;
  key->algorithm = algorithm;
  key->machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
  if (provider.tpm && TpmMakes(key->algorithm, key->bits) != ERROR_SUCCESS)
    return NTE_NOT_SUPPORTED;
  // [keys 8]
  key->overwrites = (flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
  if (!key->overwrites && !key->name.empty() && IsStored(*key)) {
    return NTE_EXISTS;
  }
  *out = AddKey(std::move(key));
  return ERROR_SUCCESS;
}

// [keys 12]
SECURITY_STATUS WINAPI ImportKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE, LPCWSTR type,
                                 NCryptBufferDesc* parameters, NCRYPT_KEY_HANDLE* out, PBYTE data,
                                 DWORD size, DWORD flags) {
  const OpenSslCall call;
  Provider provider;
  if (!FindProvider(handle, provider)) return NTE_INVALID_HANDLE;
  if (std::wstring(type) != L"PKCS8_PRIVATEKEY") return NTE_NOT_SUPPORTED;
  const unsigned char* at = data;
  auto key = std::make_shared<Key>();
  key->pkey.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(size)));
  if (key->pkey == nullptr) return NTE_BAD_DATA;
  key->provider = provider;
  key->overwrites = (flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
  key->machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
  key->algorithm = AlgorithmOf(key->pkey.get());
  key->bits = static_cast<DWORD>(EVP_PKEY_get_bits(key->pkey.get()));
  if (provider.tpm && TpmMakes(key->algorithm, key->bits) != ERROR_SUCCESS)
    return NTE_NOT_SUPPORTED;
  for (ULONG index = 0; parameters != nullptr && index < parameters->cBuffers; ++index) {
    const NCryptBuffer& buffer = parameters->pBuffers[index];
    if (buffer.BufferType == NCRYPTBUFFER_PKCS_KEY_NAME) {
      key->name = static_cast<const wchar_t*>(buffer.pvBuffer);
    }
  }
  if ((flags & NCRYPT_DO_NOT_FINALIZE_FLAG) == 0) {
    key->finalized = true;
    const SECURITY_STATUS status = key->name.empty() ? ERROR_SUCCESS : Save(*key);
    if (status != ERROR_SUCCESS) return status;
  }
  *out = AddKey(std::move(key));
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI FinalizeKey(NCRYPT_KEY_HANDLE handle, DWORD) {
  const OpenSslCall call;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (key->finalized) return NTE_INVALID_HANDLE;
  if (key->pkey == nullptr) {
    if (key->algorithm == L"RSA") {
      key->pkey.reset(
          EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{key->bits == 0 ? 2048 : key->bits}));
    } else {
      const char* const curve = key->algorithm == L"ECDSA_P256"   ? "P-256"
                                : key->algorithm == L"ECDSA_P384" ? "P-384"
                                                                  : "P-521";
      key->pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
    }
  }
  key->bits = static_cast<DWORD>(EVP_PKEY_get_bits(key->pkey.get()));
  if (key->provider.tpm && TpmMakes(key->algorithm, key->bits) != ERROR_SUCCESS)
    return NTE_NOT_SUPPORTED;
  // [keys 4]
  const SECURITY_STATUS status = key->name.empty() ? ERROR_SUCCESS : Save(*key);
  if (status != ERROR_SUCCESS) return status;
  key->finalized = true;
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI FreeObject(NCRYPT_HANDLE handle) {
  if (ForgetHandle(handle)) return ERROR_SUCCESS;
  Violate("NCryptFreeObject: the handle is unknown, or was freed before [calls 5]");
  return NTE_INVALID_HANDLE;
}

SECURITY_STATUS WINAPI DeleteKey(NCRYPT_KEY_HANDLE handle, DWORD) {
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (!Remove(*key)) return NTE_BAD_KEYSET;
  return FreeObject(handle);  // [keys 14]
}

}  // namespace schannel_double
