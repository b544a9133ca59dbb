// NativeSession of lib/native/binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "napi/wrap.h"
#include "sspi/security_context.h"
#include "worker/completion.h"

namespace schannel {

// Lives on the event loop. While a step runs on a worker the context is the worker's, and every
// method but close() refuses; exportKeyingMaterial() waits a while first.
class SessionWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x0c94e7d12b3f4a58, 0xa1d36f82e7b05c49};

  explicit SessionWrap(std::shared_ptr<SecurityContext> context) : context_(std::move(context)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

  // The context, for the length of a call. Throws WindowsError when it is closed or a step is under
  // way.
  [[nodiscard]] SecurityContext& Idle() const;
  // The same, once a handshake was completed.
  [[nodiscard]] SecurityContext& Open() const;
  // The same, for a query; waits a while for the worker that has the context. The event loop hears
  // of the step's end later, and nothing else may be done with the context until then.
  [[nodiscard]] SecurityContext& OpenSoon() const;

  // On the event loop: the step under way has ended.
  void SetIdle() noexcept { under_way_ = nullptr; }

 private:
  napi_value Handshake(const Call& call);
  napi_value SetCredential(const Call& call);
  napi_value SetRequestFlags(const Call& call);
  napi_value Shutdown(const Call& call);
  napi_value Alert(const Call& call);
  napi_value Encrypt(const Call& call);
  napi_value Decrypt(const Call& call);
  napi_value ExportKeyingMaterial(const Call& call);
  napi_value Close(const Call& call);

  template <typename Operation>
  void PostStep(const Call& call, napi_value callback, Operation operation);

  std::shared_ptr<SecurityContext> context_;  // null once closed
  std::shared_ptr<Completion> under_way_;     // of the step under way; null while there is none
};

// Native.createSession.
napi_value CreateSession(const Call& call);

}  // namespace schannel
