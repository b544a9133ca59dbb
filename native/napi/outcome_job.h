// Jobs that end as NativeOutcome and NativeEnd of lib/native/store-binding.ts do.
#pragma once

#include "platform/win.h"

#include <functional>
#include <optional>
#include <utility>

#include <napi.h>

#include "napi/convert.h"
#include "napi/job.h"

namespace schannel {

// What is common to both: how it failed.
class RefusableJob : public Job {
 public:
  void Fail(LONG status, const char* syscall) noexcept override {
    status_ = status;
    syscall_ = syscall;
  }

 protected:
  void SetRefusal(Napi::Env env, Napi::Object object) const {
    object.Set("status", FromStatus(env, status_));
    object.Set("syscall", syscall_);
  }

 private:
  LONG status_ = ERROR_SUCCESS;
  const char* syscall_ = "";
};

// A call that has a result. What `work` holds is released on the worker.
template <typename Value>
class OutcomeJob : public RefusableJob {
 public:
  using Work = std::function<Value()>;
  using Convert = std::function<Napi::Value(Napi::Env, Value&)>;

  OutcomeJob(Work work, Convert convert) : work_(std::move(work)), convert_(std::move(convert)) {}

  void Run() override {
    const Work work = std::move(work_);
    work_ = nullptr;
    value_.emplace(work());
  }

  void Fail(LONG status, const char* syscall) noexcept override {
    value_.reset();
    RefusableJob::Fail(status, syscall);
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object outcome = Napi::Object::New(env);
    if (value_) {
      outcome.Set("value", convert_(env, *value_));
    } else {
      outcome.Set("value", env.Null());
      SetRefusal(env, outcome);
    }
    return outcome;
  }

 private:
  Work work_;
  const Convert convert_;
  std::optional<Value> value_;
};

// A call that has none.
class EndJob : public RefusableJob {
 public:
  using Work = std::function<void()>;

  explicit EndJob(Work work) : work_(std::move(work)) {}

  void Run() override {
    const Work work = std::move(work_);
    work_ = nullptr;
    work();
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object end = Napi::Object::New(env);
    SetRefusal(env, end);
    return end;
  }

 private:
  Work work_;
};

}  // namespace schannel
