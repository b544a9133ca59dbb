// What OpenSSL asks or tells a context in the middle of a call.
#pragma once

#include "double/openssl.h"

namespace schannel_double {

class DoubleContext;

// Has a connection and its SSL_CTX call the context.
void InstallCallbacks(DoubleContext& context);

}  // namespace schannel_double
