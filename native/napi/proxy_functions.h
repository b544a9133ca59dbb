// NativeProxies of lib/native/proxy-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value UserProxySettings(const Call& call);
napi_value MachineProxySettings(const Call& call);
napi_value ProxyForUrl(const Call& call);

}  // namespace schannel
