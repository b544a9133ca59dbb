// Native.verifyChain of lib/native/binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value VerifyChain(const Call& call);

}  // namespace schannel
