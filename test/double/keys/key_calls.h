// The functions of ncrypt.dll that the add-on calls.
#pragma once

#include "platform/win.h"

namespace schannel_double {

// Opening, making, listing and deleting: key_life.cc.
SECURITY_STATUS WINAPI OpenProvider(NCRYPT_PROV_HANDLE* handle, LPCWSTR name, DWORD flags);
SECURITY_STATUS WINAPI OpenKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE* out, LPCWSTR name,
                               DWORD spec, DWORD flags);
SECURITY_STATUS WINAPI CreateKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE* out,
                                 LPCWSTR algorithm, LPCWSTR name, DWORD spec, DWORD flags);
SECURITY_STATUS WINAPI ImportKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE wrapping,
                                 LPCWSTR type, NCryptBufferDesc* parameters, NCRYPT_KEY_HANDLE* out,
                                 PBYTE data, DWORD size, DWORD flags);
SECURITY_STATUS WINAPI FinalizeKey(NCRYPT_KEY_HANDLE handle, DWORD flags);
SECURITY_STATUS WINAPI DeleteKey(NCRYPT_KEY_HANDLE handle, DWORD flags);
SECURITY_STATUS WINAPI FreeObject(NCRYPT_HANDLE handle);

// key_list.cc
SECURITY_STATUS WINAPI EnumKeys(NCRYPT_PROV_HANDLE handle, LPCWSTR scope, NCryptKeyName** out,
                                PVOID* state, DWORD flags);
SECURITY_STATUS WINAPI FreeBuffer(PVOID memory);

// key_properties.cc
SECURITY_STATUS WINAPI GetProperty(NCRYPT_HANDLE handle, LPCWSTR property, PBYTE out, DWORD room,
                                   DWORD* written, DWORD flags);
SECURITY_STATUS WINAPI SetProperty(NCRYPT_HANDLE handle, LPCWSTR property, PBYTE value, DWORD size,
                                   DWORD flags);

// key_use.cc
SECURITY_STATUS WINAPI SignHash(NCRYPT_KEY_HANDLE handle, VOID* padding, PBYTE hash,
                                DWORD hash_size, PBYTE out, DWORD room, DWORD* written,
                                DWORD flags);
SECURITY_STATUS WINAPI Decrypt(NCRYPT_KEY_HANDLE handle, PBYTE in, DWORD in_size, VOID* padding,
                               PBYTE out, DWORD room, DWORD* written, DWORD flags);

// key_export.cc
SECURITY_STATUS WINAPI ExportKey(NCRYPT_KEY_HANDLE handle, NCRYPT_KEY_HANDLE wrapping, LPCWSTR type,
                                 NCryptBufferDesc* parameters, PBYTE out, DWORD room,
                                 DWORD* written, DWORD flags);

// What a call that writes to the caller's buffer answers. [keys 18]
[[nodiscard]] SECURITY_STATUS Give(const void* value, size_t size, PBYTE out, DWORD room,
                                   DWORD* written);

}  // namespace schannel_double
