// NativeCertificate of lib/native/store-binding.ts.
#pragma once

#include "platform/win.h"

#include <utility>
#include <vector>

#include <napi.h>

#include "handle/handles.h"
#include "napi/wrap.h"

namespace schannel {

class CertificateWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x71d05ac8e4f24b36, 0x8c93b6f01d27ae54};

  explicit CertificateWrap(SharedCertificate certificate) : certificate_(std::move(certificate)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);
  [[nodiscard]] static Napi::Value New(napi_env env, UniqueCertificate certificate);

  // Throws WindowsError after close().
  [[nodiscard]] const SharedCertificate& certificate() const;

 private:
  napi_value Encoded(const Call& call);
  napi_value Property(const Call& call);
  napi_value SetProperty(const Call& call);
  napi_value KeyLocationOf(const Call& call);
  napi_value SetKeyLocation(const Call& call);
  napi_value Close(const Call& call);

  SharedCertificate certificate_;  // null once closed
};

// Native.createCertificate.
napi_value CreateCertificate(const Call& call);

[[nodiscard]] SharedCertificate ToCertificate(napi_env env, napi_value value);
[[nodiscard]] std::vector<SharedCertificate> ToCertificates(napi_env env, napi_value value);

}  // namespace schannel
