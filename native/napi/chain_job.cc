#include "napi/chain_job.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypt/chain.h"
#include "crypt/memory_store.h"
#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/job.h"
#include "napi/session_wrap.h"
#include "napi/trust_wrap.h"

namespace schannel {
namespace {

Napi::Object FromPolicy(napi_env env, const ChainReport& report) {
  Napi::Object policy = Napi::Object::New(env);
  policy.Set("error", Napi::Number::New(env, report.policy_error));
  policy.Set("chainIndex", Napi::Number::New(env, report.policy_chain_index));
  policy.Set("elementIndex", Napi::Number::New(env, report.policy_element_index));
  return policy;
}

Napi::Object FromElement(napi_env env, const ChainElement& element) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("certificate", FromBytes(env, element.certificate));
  object.Set("errorStatus", Napi::Number::New(env, element.error_status));
  object.Set("infoStatus", Napi::Number::New(env, element.info_status));
  object.Set("revocation", element.revocation ? Napi::Number::New(env, *element.revocation)
                                              : Napi::Env(env).Null());
  return object;
}

class ChainJob : public Job {
 public:
  // The certificate to verify is that of the query, or else is made of `certificates`.
  ChainJob(ChainQuery query, std::vector<Bytes> certificates)
      : query_(std::move(query)), certificates_(std::move(certificates)) {}

  void Run() override {
    if (!certificates_.empty()) query_.certificate = MakeCertificate(certificates_);
    report_ = VerifyChain(kSystemChainApi, query_);
  }

  void Fail(LONG status, const char* syscall) noexcept override {
    status_ = status;
    syscall_ = syscall;
  }

  Napi::Value Result(Napi::Env env) override {
    Napi::Object outcome = Napi::Object::New(env);
    outcome.Set("status", FromStatus(env, status_));
    outcome.Set("syscall", syscall_);
    outcome.Set("errorStatus", Napi::Number::New(env, report_.error_status));
    outcome.Set("infoStatus", Napi::Number::New(env, report_.info_status));
    outcome.Set("policy", FromPolicy(env, report_));
    Napi::Array elements = Napi::Array::New(env, report_.elements.size());
    for (uint32_t index = 0; index < report_.elements.size(); ++index) {
      elements.Set(index, FromElement(env, report_.elements[index]));
    }
    outcome.Set("elements", elements);
    return outcome;
  }

 private:
  ChainQuery query_;
  const std::vector<Bytes> certificates_;
  ChainReport report_;
  LONG status_ = ERROR_SUCCESS;
  const char* syscall_ = "CertGetCertificateChain";
};

}  // namespace

napi_value VerifyChain(const Call& call) {
  const napi_env env = call.env;
  const auto property = [&call, env](const char* name) { return GetProperty(env, call[0], name); };
  const napi_value session = property("session");
  const napi_value trust = property("trust");
  ChainQuery query;
  query.usage = ToUtf8(env, property("usage"));
  query.role = ToRole(env, property("role"));
  query.chain_flags = ToUint32(env, property("chainFlags"));
  query.policy_flags = ToUint32(env, property("policyFlags"));
  query.url_timeout = ToUint32(env, property("urlTimeout"));
  if (!IsNull(env, trust)) query.trust = Unwrap<TrustWrap>(env, trust).trust();
  std::vector<Bytes> certificates;
  if (IsNull(env, session)) {
    certificates = ToBytesList(env, property("certificates"));
  } else {
    // Taken now, since the session may be busy or closed by the time a worker is free. The
    // certificate carries its issuers and a stapled OCSP answer, and needs the context no longer.
    query.certificate = Unwrap<SessionWrap>(env, session).Open().PeerCertificate();
  }
  auto job = std::make_shared<ChainJob>(std::move(query), std::move(certificates));
  AddonData::Of(env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
