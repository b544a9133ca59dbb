// NativeLivenessMarker of lib/native/process-binding.ts.
#pragma once

#include "platform/win.h"

#include <utility>

#include <napi.h>

#include "handle/handles.h"
#include "napi/wrap.h"

namespace schannel {

class LivenessMarkerWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x3ab70c94d15e4f28, 0x97c2e6804b1fd35a};

  explicit LivenessMarkerWrap(UniqueLivenessMarker marker) : marker_(std::move(marker)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

 private:
  napi_value Close(const Call& call);

  UniqueLivenessMarker marker_;  // empty once closed
};

}  // namespace schannel
