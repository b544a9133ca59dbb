#include <cstring>

#include "double/keys/key_blob.h"
#include "double/keys/key_calls.h"
#include "double/keys/key_handles.h"
#include "double/keys/key_rights.h"

namespace schannel_double {

// [keys 18]
SECURITY_STATUS Give(const void* value, size_t size, PBYTE out, DWORD room, DWORD* written) {
  *written = static_cast<DWORD>(size);
  if (out == nullptr) return ERROR_SUCCESS;
  if (room < size) return NTE_BUFFER_TOO_SMALL;
  std::memcpy(out, value, size);
  return ERROR_SUCCESS;
}

// [keys 20]
SECURITY_STATUS WINAPI GetProperty(NCRYPT_HANDLE handle, LPCWSTR property, PBYTE out, DWORD room,
                                   DWORD* written, DWORD flags) {
  const std::wstring name = property;
  const auto text = [&](const std::wstring& value) {
    return Give(value.c_str(), (value.size() + 1) * sizeof(wchar_t), out, room, written);
  };
  const auto number = [&](DWORD value) { return Give(&value, sizeof value, out, room, written); };
  Provider provider;
  if (FindProvider(handle, provider)) {
    if (name == NCRYPT_NAME_PROPERTY) return text(provider.name);
    if (name == NCRYPT_IMPL_TYPE_PROPERTY) {
      return number(provider.tpm ? NCRYPT_IMPL_HARDWARE_FLAG : NCRYPT_IMPL_SOFTWARE_FLAG);
    }
    return NTE_NOT_SUPPORTED;
  }
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (name == NCRYPT_SECURITY_DESCR_PROPERTY) {
    if ((flags & DACL_SECURITY_INFORMATION) == 0) return NTE_BAD_FLAGS;
    const Bytes security = SecurityOf(*key);
    return Give(security.data(), security.size(), out, room, written);
  }
  if (name == NCRYPT_NAME_PROPERTY) return text(key->name);
  if (name == NCRYPT_UNIQUE_NAME_PROPERTY) return text(FileNameOf(*key));
  if (name == NCRYPT_ALGORITHM_GROUP_PROPERTY) {
    return text(key->algorithm == L"RSA" ? L"RSA" : L"ECDSA");
  }
  if (name == NCRYPT_LENGTH_PROPERTY) return number(key->bits);
  if (name == NCRYPT_EXPORT_POLICY_PROPERTY) return number(key->policy);
  if (name == NCRYPT_KEY_TYPE_PROPERTY) return number(key->machine ? NCRYPT_MACHINE_KEY_FLAG : 0);
  if (name == NCRYPT_PROVIDER_HANDLE_PROPERTY) {
    NCRYPT_PROV_HANDLE made = 0;
    OpenProvider(&made, key->provider.name.c_str(), 0);
    return Give(&made, sizeof made, out, room, written);
  }
  return NTE_NOT_FOUND;
}

SECURITY_STATUS WINAPI SetProperty(NCRYPT_HANDLE handle, LPCWSTR property, PBYTE value, DWORD size,
                                   DWORD flags) {
  const OpenSslCall call;
  const std::wstring name = property;
  if (name == NCRYPT_WINDOW_HANDLE_PROPERTY) return ERROR_SUCCESS;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (name == NCRYPT_SECURITY_DESCR_PROPERTY) {
    if ((flags & DACL_SECURITY_INFORMATION) == 0) return NTE_BAD_FLAGS;
    return SetSecurity(*key, value);
  }
  if (key->finalized) return NTE_NOT_SUPPORTED;  // [keys 9]
  if (name == NCRYPT_LENGTH_PROPERTY) {
    std::memcpy(&key->bits, value, sizeof key->bits);
    return ERROR_SUCCESS;
  }
  if (name == NCRYPT_EXPORT_POLICY_PROPERTY) {
    if (key->provider.tpm) return NTE_NOT_SUPPORTED;
    std::memcpy(&key->policy, value, sizeof key->policy);
    return ERROR_SUCCESS;
  }
  if (name == L"RSAFULLPRIVATEBLOB") {  // [keys 13]
    key->pkey = FromRsaBlob(value, size);
  } else if (name == L"ECCPRIVATEBLOB") {
    key->pkey = FromEcBlob(value, size);
  } else {
    return NTE_NOT_SUPPORTED;
  }
  return key->pkey == nullptr ? NTE_BAD_DATA : ERROR_SUCCESS;
}

}  // namespace schannel_double
