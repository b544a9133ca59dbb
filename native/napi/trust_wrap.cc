#include "napi/trust_wrap.h"

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/job.h"
#include "napi/outcome_job.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

using SharedTrust = std::shared_ptr<const Trust>;

Napi::Value FromTrust(Napi::Env env, SharedTrust& trust) {
  auto wrap = std::make_unique<TrustWrap>(std::move(trust));
  return {env, AddonData::Of(env).trust_class.New(env, std::move(wrap))};
}

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
  const Anchors anchors = partial_chain ? Anchors::kAuthorities : Anchors::kRoots;
  std::vector<Bytes> certificates =
      ToBytesList(call.env, GetProperty(call.env, call[0], "certificates"));
  auto job = std::make_shared<OutcomeJob<SharedTrust>>(
      [certificates = std::move(certificates), anchors] {
        return SharedTrust(MakeReleasedOnWorker<Trust>(kSystemChainApi, certificates, anchors));
      },
      &FromTrust);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
