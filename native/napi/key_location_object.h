// NativeKeyLocation and NativeKeyDialog of lib/native/store-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "crypt/key_location.h"

namespace schannel {

[[nodiscard]] KeyLocation ToKeyLocation(napi_env env, napi_value value);
[[nodiscard]] Napi::Value FromKeyLocation(napi_env env, const KeyLocation& location);
[[nodiscard]] KeyDialog ToKeyDialog(napi_env env, napi_value value);

}  // namespace schannel
