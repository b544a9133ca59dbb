// NativeProtection of lib/native/protection-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value ProtectData(const Call& call);
napi_value UnprotectData(const Call& call);

}  // namespace schannel
