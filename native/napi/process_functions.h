// NativeProcesses of lib/native/process-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value CreateMark(const Call& call);
napi_value IsMarked(const Call& call);
napi_value IsAppContainer(const Call& call);
napi_value AcquireLock(const Call& call);
napi_value Finish(const Call& call);

}  // namespace schannel
