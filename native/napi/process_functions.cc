#include "napi/process_functions.h"

#include <chrono>
#include <memory>
#include <utility>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/liveness_marker_wrap.h"
#include "napi/lock_wrap.h"
#include "napi/outcome_job.h"
#include "process/account.h"
#include "process/liveness_marker.h"
#include "process/user_security.h"
#include "worker/on_worker.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

Napi::Value FromAccount(Napi::Env env, Account& account) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("sid", FromBytes(env, account.sid));
  object.Set("domain", FromWide(env, account.domain));
  object.Set("name", FromWide(env, account.name));
  object.Set("use", Napi::Number::New(env, account.use));
  return object;
}

}  // namespace

napi_value CreateLivenessMarker(const Call& call) {
  auto wrap = std::make_unique<LivenessMarkerWrap>(
      CreateLivenessMarker(kSystemKernelApi, ToWide(call.env, call[0])));
  return AddonData::Of(call.env).liveness_marker_class.New(call.env, std::move(wrap));
}

napi_value IsAlive(const Call& call) {
  return Napi::Boolean::New(call.env, IsAlive(kSystemKernelApi, ToWide(call.env, call[0])));
}

napi_value IsAppContainer(const Call& call) {
  return Napi::Boolean::New(call.env, IsAppContainer(kSystemKernelApi));
}

napi_value AcquireLock(const Call& call) {
  auto lock = MakeReleasedOnWorker<ProcessLock>(kSystemKernelApi, ToWide(call.env, call[0]),
                                                ToUint32(call.env, call[1]));
  auto job = std::make_shared<OutcomeJob<std::shared_ptr<ProcessLock>>>(
      [lock] {
        lock->Verify();
        return lock;
      },
      &LockWrap::New);
  AddonData::Of(call.env).dispatcher.Post(
      call[2], nullptr, std::move(job),
      [lock](ThreadPool::Task task) { lock->Acquire(OnWorker(std::move(task))); });
  return nullptr;
}

napi_value AccountOfName(const Call& call) {
  auto job = std::make_shared<OutcomeJob<Account>>(
      [name = ToWide(call.env, call[0])] { return AccountOfName(kSystemAccountApi, name); },
      &FromAccount);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

napi_value AccountOfSid(const Call& call) {
  auto job = std::make_shared<OutcomeJob<Account>>(
      [sid = ToBytes(call.env, call[0])] { return AccountOfSid(kSystemAccountApi, sid); },
      &FromAccount);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

napi_value Finish(const Call& call) {
  const auto milliseconds = [&call](size_t index) {
    return std::chrono::milliseconds(ToUint32(call.env, call[index]));
  };
  AddonData::Of(call.env).dispatcher.Finish(milliseconds(0), milliseconds(1));
  return nullptr;
}

}  // namespace schannel
