// NativeCredential of lib/native/binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "napi/wrap.h"
#include "sspi/credential.h"

namespace schannel {

class CredentialWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x5b1f6a3cd0e84c17, 0x9a7e2f40c3b5d681};

  explicit CredentialWrap(std::shared_ptr<const Credential> credential)
      : credential_(std::move(credential)),
        supported_protocols_(credential_->supported_protocols()) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

  // Throws WindowsError after close().
  [[nodiscard]] std::shared_ptr<const Credential> credential() const;

 private:
  napi_value Close(const Call& call);
  napi_value SupportedProtocols(const Call& call);

  std::shared_ptr<const Credential> credential_;  // null once closed
  DWORD supported_protocols_;
};

// Native.acquireCredential.
napi_value AcquireCredential(const Call& call);

}  // namespace schannel
