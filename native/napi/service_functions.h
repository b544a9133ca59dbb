// NativeServices of lib/native/service-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value RunServiceHost(const Call& call);
napi_value InstallService(const Call& call);
napi_value FactsOfService(const Call& call);
napi_value LaunchService(const Call& call);
napi_value SendControl(const Call& call);
napi_value RemoveService(const Call& call);
napi_value ServiceText(const Call& call);
napi_value SetServiceText(const Call& call);
napi_value SetServiceNumber(const Call& call);
napi_value RemoveServiceSettings(const Call& call);
napi_value LogEvent(const Call& call);
napi_value ReadEvents(const Call& call);

}  // namespace schannel
