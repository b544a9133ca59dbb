// Private keys by location, whichever of the two interfaces they belong to.
#pragma once

#include "platform/win.h"

#include <memory>
#include <string>
#include <vector>

#include "crypt/key_api.h"
#include "crypt/key_location.h"
#include "crypt/key_request.h"
#include "crypt/private_key.h"

namespace schannel {

// All may block, and throw WindowsError. Without a name they refuse: it would be the user's default
// container.
[[nodiscard]] std::unique_ptr<PrivateKey> OpenKey(const KeyApi& api, const KeyLocation& location,
                                                  const KeyDialog& dialog);
[[nodiscard]] std::unique_ptr<PrivateKey> ImportKey(const KeyApi& api, const KeyImport& request);
[[nodiscard]] std::unique_ptr<PrivateKey> GenerateKey(const KeyApi& api,
                                                      const KeyGeneration& request);
void DeleteKey(const KeyApi& api, const KeyLocation& location);
[[nodiscard]] std::vector<std::wstring> ListKeys(const KeyApi& api, const std::wstring& provider,
                                                 DWORD provider_type, DWORD flags);

// The key that a certificate says is its own; `flags` are CRYPT_ACQUIRE_*.
[[nodiscard]] std::unique_ptr<PrivateKey> AcquireKey(const KeyApi& api, PCCERT_CONTEXT certificate,
                                                     DWORD flags, const KeyDialog& dialog);

}  // namespace schannel
