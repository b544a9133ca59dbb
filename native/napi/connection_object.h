// NativeSessionInfo of lib/native/binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "sspi/connection.h"

namespace schannel {

[[nodiscard]] Napi::Value FromConnection(napi_env env, const Connection& connection);

}  // namespace schannel
