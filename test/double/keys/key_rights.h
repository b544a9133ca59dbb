// Who may open a stored key.
#pragma once

#include <string>

#include "double/keys/key_file.h"

namespace schannel_double {

// The account that uses keys from now on, as its security identifier. It may open only what a key's
// rights let it; without one it owns all keys.
void SetAccount(const std::wstring& sid);

// Whether the account of this process may use it. [keys 24] [keys 27]
[[nodiscard]] bool MayUse(const Key& key);
// The list of a key, in the form of a call with an output buffer. [keys 27]
[[nodiscard]] Bytes SecurityOf(const Key& key);
// Stores another list. [keys 27]
[[nodiscard]] SECURITY_STATUS SetSecurity(Key& key, const void* descriptor);

}  // namespace schannel_double
