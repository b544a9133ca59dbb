// NativeFiles of lib/native/file-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value UserSid(const Call& call);
napi_value WriteWhole(const Call& call);
napi_value FileRights(const Call& call);
napi_value CreateFolder(const Call& call);

}  // namespace schannel
