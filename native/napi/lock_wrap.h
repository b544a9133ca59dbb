// NativeLock of lib/native/process-binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "napi/wrap.h"
#include "process/process_lock.h"

namespace schannel {

class LockWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0xe05d8f1b63a74c90, 0xa61f2d7c98b3404e};

  explicit LockWrap(std::shared_ptr<ProcessLock> lock)
      : abandoned_(lock->abandoned()), lock_(std::move(lock)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);
  [[nodiscard]] static Napi::Value New(Napi::Env env, std::shared_ptr<ProcessLock>& lock);

 private:
  napi_value Abandoned(const Call& call);
  napi_value Release(const Call& call);

  const bool abandoned_;
  std::shared_ptr<ProcessLock> lock_;  // null once released
};

}  // namespace schannel
