// Handles of CNG: to providers, and to open keys.
#pragma once

#include <memory>

#include "double/keys/key_file.h"

namespace schannel_double {

[[nodiscard]] NCRYPT_PROV_HANDLE AddProvider(const Provider& provider);
[[nodiscard]] bool FindProvider(NCRYPT_PROV_HANDLE handle, Provider& provider);
[[nodiscard]] NCRYPT_KEY_HANDLE AddKey(std::shared_ptr<Key> key);
[[nodiscard]] std::shared_ptr<Key> FindKey(NCRYPT_HANDLE handle);  // null: unknown
[[nodiscard]] bool ForgetHandle(NCRYPT_HANDLE handle);             // false: unknown

}  // namespace schannel_double
