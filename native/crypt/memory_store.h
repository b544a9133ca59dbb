// Certificates that are in no store of the system.
#pragma once

#include "platform/win.h"

#include <vector>

#include "crypt/store_api.h"
#include "handle/handles.h"
#include "platform/bytes.h"

namespace schannel {

// A store of these certificates (DER). Throws WindowsError for one that cannot be decoded.
[[nodiscard]] UniqueStore MakeMemoryStore(const std::vector<Bytes>& certificates);

// The first of these certificates (DER), with all of them in its hCertStore, as a certificate that
// Schannel received; the store ends with the last of them. Throws WindowsError for one that cannot
// be decoded, and when there is none.
[[nodiscard]] UniqueCertificate MakeCertificate(const std::vector<Bytes>& certificates,
                                                const StoreApi& api = kSystemStoreApi);

}  // namespace schannel
