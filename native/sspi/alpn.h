// The ALPN list in the form that Schannel requires.
#pragma once

#include <vector>

#include "platform/bytes.h"

namespace schannel {

// Bytes of a SECBUFFER_APPLICATION_PROTOCOLS buffer that offers `protocols` (RFC 7301), or none for
// an empty list. Throws WindowsError for a name that is not 1 to 255 bytes, or a list above 65,535.
[[nodiscard]] Bytes EncodeAlpn(const std::vector<Bytes>& protocols);

}  // namespace schannel
