#include "napi/trust_wrap.h"

#include <iterator>
#include <vector>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/job.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

class TrustJob : public Job {
 public:
  TrustJob(std::vector<Bytes> certificates, Anchors anchors)
      : certificates_(std::move(certificates)), anchors_(anchors) {}

  void Run() override {
    trust_ = MakeReleasedOnWorker<Trust>(kSystemChainApi, certificates_, anchors_);
  }

  void Fail(LONG status, const char* syscall) noexcept override {
    status_ = status;
    syscall_ = syscall;
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object outcome = Napi::Object::New(env);
    if (trust_ != nullptr) {
      auto wrap = std::make_unique<TrustWrap>(std::move(trust_));
      outcome.Set("trust", AddonData::Of(env).trust_class.New(env, std::move(wrap)));
      return outcome;
    }
    outcome.Set("trust", env.Null());
    outcome.Set("status", FromStatus(env, status_));
    outcome.Set("syscall", syscall_);
    return outcome;
  }

 private:
  const std::vector<Bytes> certificates_;
  const Anchors anchors_;
  std::shared_ptr<const Trust> trust_;
  LONG status_ = ERROR_SUCCESS;
  const char* syscall_ = "";
};

}  // namespace

WrapClass TrustWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {Method<TrustWrap, &TrustWrap::Close>("close")};
  return WrapClass(env, "Trust", members, std::size(members));
}

std::shared_ptr<const Trust> TrustWrap::trust() const {
  if (trust_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "trust is closed");
  return trust_;
}

napi_value TrustWrap::Close(const Call&) {
  trust_.reset();
  return nullptr;
}

napi_value CreateTrust(const Call& call) {
  const bool partial_chain = ToBool(call.env, GetProperty(call.env, call[0], "partialChain"));
  auto job = std::make_shared<TrustJob>(
      ToBytesList(call.env, GetProperty(call.env, call[0], "certificates")),
      partial_chain ? Anchors::kAuthorities : Anchors::kRoots);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
