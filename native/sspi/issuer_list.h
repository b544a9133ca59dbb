// The issuers that a server accepts when it asks for a certificate.
#pragma once

#include "platform/win.h"

#include <optional>
#include <vector>

#include "handle/handles.h"
#include "platform/bytes.h"

namespace schannel {

// SECPKG_ATTR_ISSUER_LIST_EX: the names (DER) in the server's order; none of them means any issuer.
// Nothing if the provider does not report it, as in Wine 10.
[[nodiscard]] std::optional<std::vector<Bytes>> QueryIssuerList(const UniqueContext& context);

}  // namespace schannel
