// Private keys as BCRYPT_RSAKEY_BLOB and BCRYPT_ECCKEY_BLOB.
#pragma once

#include "double/openssl.h"

namespace schannel_double {

// Null if the blob is not one. [keys 13]
[[nodiscard]] PKey FromRsaBlob(const uint8_t* blob, size_t size);
[[nodiscard]] PKey FromEcBlob(const uint8_t* blob, size_t size);

}  // namespace schannel_double
