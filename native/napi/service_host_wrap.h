// NativeServiceHost of lib/native/service-binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "napi/wrap.h"
#include "service/service_host.h"

namespace schannel {

class ServiceHostWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x5b7d2c19f84e4a03, 0x9c06e1d4735fa82b};

  explicit ServiceHostWrap(std::shared_ptr<ServiceHost> host) : host_(std::move(host)) {}
  ServiceHostWrap(const ServiceHostWrap&) = delete;
  ServiceHostWrap& operator=(const ServiceHostWrap&) = delete;
  // The task that waits keeps the host, and the host keeps the task: cancelling parts them.
  ~ServiceHostWrap() { host_->Cancel(); }

  [[nodiscard]] static WrapClass Define(napi_env env);

 private:
  napi_value Next(const Call& call);
  napi_value Report(const Call& call);

  const std::shared_ptr<ServiceHost> host_;
};

}  // namespace schannel
