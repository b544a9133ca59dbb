// Keys of CNG as they are stored: a provider's key with a name is a file.
#pragma once

#include <string>
#include <vector>

#include "double/openssl.h"
#include "platform/bytes.h"

namespace schannel_double {

using schannel::Bytes;

inline constexpr wchar_t kSoftwareProvider[] = L"Microsoft Software Key Storage Provider";
inline constexpr wchar_t kPlatformProvider[] = L"Microsoft Platform Crypto Provider";

// Not a provider: copies of the keys in CSPs. [keys 3]
inline constexpr wchar_t kCspCopies[] = L"CSPs";

struct Provider {
  std::wstring name;
  bool tpm = false;
};

struct Key {
  Provider provider;
  std::wstring name;  // empty: not persisted
  std::wstring algorithm;
  bool machine = false;
  bool finalized = false;
  bool overwrites = false;  // a key of this name
  DWORD policy = 0;         // NCRYPT_ALLOW_* bits
  DWORD bits = 0;
  PKey pkey;
  Bytes security;  // who may use it, once somebody has set that
};

// RSA, ECDSA_P256 and so on.
[[nodiscard]] std::wstring AlgorithmOf(EVP_PKEY* pkey);

// The name of a key's file, without its folder.
[[nodiscard]] std::wstring FileNameOf(const Key& key);
[[nodiscard]] bool IsStored(const Key& key);
// ERROR_SUCCESS, or why the key was not stored.
[[nodiscard]] SECURITY_STATUS Save(const Key& key);
// Finds the file of the key with this provider, name and place, and fills in the rest.
[[nodiscard]] bool Load(Key& key);
[[nodiscard]] bool Remove(const Key& key);
[[nodiscard]] std::vector<Key> StoredKeys(const Provider& provider, bool machine);

}  // namespace schannel_double
