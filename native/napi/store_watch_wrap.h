// NativeWatch of lib/native/store-binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "crypt/store_watch.h"
#include "napi/wrap.h"

namespace schannel {

class StoreWatchWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x84c7f1e9062d4ba5, 0xb13f7d58ea960c42};

  explicit StoreWatchWrap(std::shared_ptr<StoreWatch> watch) : watch_(std::move(watch)) {}
  StoreWatchWrap(const StoreWatchWrap&) = delete;
  StoreWatchWrap& operator=(const StoreWatchWrap&) = delete;
  // The task that waits keeps the watch, and the watch keeps the task: cancelling parts them.
  ~StoreWatchWrap() {
    if (watch_ != nullptr) watch_->Cancel();
  }

  [[nodiscard]] static WrapClass Define(napi_env env);

 private:
  napi_value Next(const Call& call);
  napi_value Close(const Call& call);

  std::shared_ptr<StoreWatch> watch_;  // null once closed
};

}  // namespace schannel
