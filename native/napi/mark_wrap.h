// NativeMark of lib/native/process-binding.ts.
#pragma once

#include "platform/win.h"

#include <utility>

#include <napi.h>

#include "handle/handles.h"
#include "napi/wrap.h"

namespace schannel {

class MarkWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x3ab70c94d15e4f28, 0x97c2e6804b1fd35a};

  explicit MarkWrap(UniqueMark mark) : mark_(std::move(mark)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

 private:
  napi_value Close(const Call& call);

  UniqueMark mark_;  // empty once closed
};

}  // namespace schannel
