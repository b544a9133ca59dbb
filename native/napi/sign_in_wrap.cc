#include "napi/sign_in_wrap.h"

#include <iterator>
#include <optional>
#include <string>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/job.h"
#include "worker/lane.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

class SignInJob : public Job {
 public:
  SignInJob(SignInWrap& wrap, std::shared_ptr<SignIn> sign_in, std::optional<Bytes> token)
      : wrap_(wrap), sign_in_(std::move(sign_in)), token_(std::move(token)) {}

  void Run() override { step_ = sign_in_->Next(token_); }

  void Fail(LONG status, const char* syscall) noexcept override {
    step_ = SignInStep();
    step_.status = status;
    step_.syscall = syscall;
  }

  Napi::Value Result(Napi::Env env) override {
    wrap_.SetIdle();
    Napi::Object object = Napi::Object::New(env);
    object.Set("status", FromStatus(env, step_.status));
    object.Set("syscall", step_.syscall);
    object.Set("token", step_.token.size() == 0 ? env.Null() : FromBytes(env, step_.token.view()));
    object.Set("attributes", Napi::Number::New(env, step_.attributes));
    object.Set("mechanism", step_.mechanism ? FromWide(env, *step_.mechanism) : env.Null());
    return object;
  }

 private:
  SignInWrap& wrap_;  // touched on the event loop only, where the job's owner keeps it alive
  std::shared_ptr<SignIn> sign_in_;
  std::optional<Bytes> token_;
  SignInStep step_;
};

}  // namespace

WrapClass SignInWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {Method<SignInWrap, &SignInWrap::Next>("next"),
                                              Method<SignInWrap, &SignInWrap::Close>("close")};
  return WrapClass(env, "SignIn", members, std::size(members));
}

napi_value SignInWrap::Next(const Call& call) {
  if (sign_in_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "sign-in is closed");
  if (busy_) throw WindowsError(HRESULT_FROM_WIN32(ERROR_BUSY), "sign-in is busy");
  std::optional<Bytes> token;
  if (!IsNull(call.env, call[0])) token = ToBytes(call.env, call[0]);
  auto job = std::make_shared<SignInJob>(*this, sign_in_, std::move(token));
  busy_ = true;  // first: once the event loop is over, Post() calls back at once
  try {
    // A domain controller may be asked, which may be far away.
    AddonData::Of(call.env).dispatcher.Post(call[1], call.self, std::move(job),
                                            Lane::OfStrangers());
  } catch (...) {
    busy_ = false;
    throw;
  }
  return nullptr;
}

napi_value SignInWrap::Close(const Call&) {
  sign_in_.reset();
  return nullptr;
}

napi_value CreateSignIn(const Call& call) {
  const napi_env env = call.env;
  const auto property = [env, &call](const char* name) { return GetProperty(env, call[0], name); };
  SignInOptions options;
  options.package = ToWide(env, property("package"));
  options.target_name = ToWide(env, property("targetName"));
  options.request_flags = ToUint32(env, property("requestFlags"));
  const napi_value binding = property("channelBinding");
  if (!IsNull(env, binding)) options.channel_binding = ToBytes(env, binding);
  const napi_value given = property("account");
  if (!IsNull(env, given)) {
    SignInAccount account;
    account.user = ToWide(env, GetProperty(env, given, "user"));
    account.domain = ToWide(env, GetProperty(env, given, "domain"));
    const MutableByteView password = ToByteView(env, GetProperty(env, given, "password"));
    account.password = Secret(ByteView(password.data, password.size));
    options.account = std::move(account);
  }
  AddonData& data = AddonData::Of(env);
  auto sign_in = MakeReleasedOnWorker<SignIn>(data.sspi, std::move(options));
  return data.sign_in_class.New(env, std::make_unique<SignInWrap>(std::move(sign_in)));
}

}  // namespace schannel
