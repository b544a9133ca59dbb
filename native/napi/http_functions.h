// NativeHttp of lib/native/http-binding.ts.
#pragma once

#include "platform/win.h"

#include <napi.h>

#include "napi/wrap.h"

namespace schannel {

napi_value SslRecords(const Call& call);
napi_value SslRecordOf(const Call& call);
napi_value ExtendedSslParameters(const Call& call);
napi_value SetSslRecord(const Call& call);
napi_value UpdateSslRecord(const Call& call);
napi_value RemoveSslRecord(const Call& call);

}  // namespace schannel
