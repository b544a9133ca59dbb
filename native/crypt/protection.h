// Secrets that only this user, or only this machine, can read (DPAPI).
#pragma once

#include "platform/win.h"

#include "crypt/protection_api.h"
#include "platform/bytes.h"
#include "platform/secret.h"

namespace schannel {

enum class ProtectionScope {
  kUser,     // this user, and with a roaming profile on other machines too
  kMachine,  // every user of this machine who has the entropy
};

// Without a dialog. `entropy` is wanted again by UnprotectData(). Throws WindowsError.
[[nodiscard]] Bytes ProtectData(const ProtectionApi& api, ByteView secret, ByteView entropy,
                                ProtectionScope scope);

// Without a dialog; the scope is in the data. Throws WindowsError: ERROR_INVALID_DATA for other
// entropy or damaged data, NTE_BAD_KEY_STATE for those of another user or machine.
[[nodiscard]] Secret UnprotectData(const ProtectionApi& api, ByteView data, ByteView entropy);

}  // namespace schannel
