// NativeProcesses of lib/native/process-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value CreateLivenessMarker(const Call& call);
napi_value IsAlive(const Call& call);
napi_value IsAppContainer(const Call& call);
napi_value AcquireLock(const Call& call);
napi_value AccountOfName(const Call& call);
napi_value AccountOfSid(const Call& call);
napi_value Finish(const Call& call);

}  // namespace schannel
