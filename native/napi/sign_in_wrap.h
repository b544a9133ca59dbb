// NativeSignIn of lib/native/sign-in-binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "napi/wrap.h"
#include "sspi/sign_in.h"

namespace schannel {

// Lives on the event loop. While a step runs, the sign-in is the worker's.
class SignInWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x7e21a4d9c05b4b86, 0x93d8f1607a2ce54b};

  explicit SignInWrap(std::shared_ptr<SignIn> sign_in) : sign_in_(std::move(sign_in)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

  // On the event loop: the step under way has ended.
  void SetIdle() noexcept { busy_ = false; }

 private:
  napi_value Next(const Call& call);
  napi_value Close(const Call& call);

  std::shared_ptr<SignIn> sign_in_;  // null once closed
  bool busy_ = false;
};

// Native.createSignIn.
napi_value CreateSignIn(const Call& call);

}  // namespace schannel
