// A certificate to build chains of.
#pragma once

#include "platform/bytes.h"

namespace test {

// DER of "CN=schannel native test": a self-signed authority (EC P-256) for servers and clients,
// valid from 2020 to 2049.
[[nodiscard]] const schannel::Bytes& RootCertificate();

}  // namespace test
