// NativeRegistry of lib/native/registry-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value ReadRegistry(const Call& call);
napi_value CheckRegistryRights(const Call& call);
napi_value SetRegistryValue(const Call& call);
napi_value RemoveRegistryValue(const Call& call);
napi_value RemoveRegistryKey(const Call& call);
napi_value ContextFunctions(const Call& call);
napi_value AddContextFunction(const Call& call);
napi_value RemoveContextFunction(const Call& call);
napi_value IsFipsMode(const Call& call);

}  // namespace schannel
