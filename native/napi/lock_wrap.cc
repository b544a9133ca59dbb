#include "napi/lock_wrap.h"

#include <iterator>

#include "napi/addon_data.h"
#include "napi/outcome_job.h"

namespace schannel {

WrapClass LockWrap::Define(napi_env env) {
  napi_property_descriptor abandoned = {};
  abandoned.utf8name = "abandoned";
  abandoned.getter = &CallMethod<LockWrap, &LockWrap::Abandoned>;
  abandoned.attributes = napi_enumerable;
  const napi_property_descriptor members[] = {
      abandoned,
      Method<LockWrap, &LockWrap::Release>("release"),
  };
  return WrapClass(env, "Lock", members, std::size(members));
}

Napi::Value LockWrap::New(Napi::Env env, std::shared_ptr<ProcessLock>& lock) {
  auto wrap = std::make_unique<LockWrap>(std::move(lock));
  return {env, AddonData::Of(env).lock_class.New(env, std::move(wrap))};
}

napi_value LockWrap::Abandoned(const Call& call) {
  return Napi::Boolean::New(call.env, abandoned_);
}

napi_value LockWrap::Release(const Call& call) {
  auto job = std::make_shared<EndJob>([lock = std::move(lock_)] {
    if (lock != nullptr) lock->Release();
  });
  lock_.reset();
  AddonData::Of(call.env).dispatcher.Post(call[0], call.self, std::move(job));
  return nullptr;
}

}  // namespace schannel
