// NativeTrust of lib/native/binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "crypt/trust.h"
#include "napi/wrap.h"

namespace schannel {

class TrustWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x3e8d51f7a90b4c62, 0xb7c4061fe2895da3};

  explicit TrustWrap(std::shared_ptr<const Trust> trust) : trust_(std::move(trust)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

  // Throws WindowsError after close().
  [[nodiscard]] std::shared_ptr<const Trust> trust() const;

 private:
  napi_value Close(const Call& call);

  std::shared_ptr<const Trust> trust_;  // null once closed
};

// Native.createTrust.
napi_value CreateTrust(const Call& call);

}  // namespace schannel
