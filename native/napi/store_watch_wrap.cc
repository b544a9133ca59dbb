#include "napi/store_watch_wrap.h"

#include <iterator>

#include "napi/addon_data.h"
#include "napi/outcome_job.h"

namespace schannel {

WrapClass StoreWatchWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {
      Method<StoreWatchWrap, &StoreWatchWrap::Next>("next"),
      Method<StoreWatchWrap, &StoreWatchWrap::Close>("close"),
  };
  return WrapClass(env, "StoreWatch", members, std::size(members));
}

napi_value StoreWatchWrap::Next(const Call& call) {
  if (watch_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "watch is closed");
  // Runs when the watch says so, not when a worker is free.
  auto job = std::make_shared<EndJob>([watch = watch_] { watch->Rearm(); });
  AddonData::Of(call.env).dispatcher.Post(
      call[0], call.self, std::move(job),
      [watch = watch_](StoreWatch::Task task) { watch->Next(std::move(task)); });
  return nullptr;
}

napi_value StoreWatchWrap::Close(const Call&) {
  if (watch_ != nullptr) watch_->Cancel();
  watch_.reset();
  return nullptr;
}

}  // namespace schannel
