// The functions of lib/native/store-binding.ts that find, make and destroy private keys.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value AcquireKey(const Call& call);
napi_value OpenKey(const Call& call);
napi_value ImportKey(const Call& call);
napi_value GenerateKey(const Call& call);
napi_value DeleteKey(const Call& call);
napi_value ListContainers(const Call& call);

}  // namespace schannel
