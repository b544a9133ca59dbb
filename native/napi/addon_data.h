// What one environment (the main thread, or a worker_threads Worker) has of the add-on.
#pragma once

#include "platform/win.h"

#include <cstdint>

#include <napi.h>

#include "napi/job.h"
#include "napi/wrap.h"

namespace schannel {

struct AddonData {
  AddonData(Napi::Env env, const SecurityFunctionTableW& provider);

  [[nodiscard]] static AddonData& Of(napi_env env);

  const SecurityFunctionTableW& sspi;
  Dispatcher dispatcher;
  WrapClass certificate_class;
  WrapClass credential_class;
  WrapClass key_class;
  WrapClass lock_class;
  WrapClass liveness_marker_class;
  WrapClass service_host_class;
  WrapClass session_class;
  WrapClass sign_in_class;
  WrapClass store_class;
  WrapClass store_watch_class;
  WrapClass trust_class;
  // The words of Native.result, written by encrypt() and decrypt(). The array is ours to keep:
  // nobody transfers it.
  Napi::Reference<Napi::Int32Array> result;
  int32_t* result_words;
};

}  // namespace schannel
