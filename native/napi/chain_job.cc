#include "napi/chain_job.h"

#include <memory>
#include <optional>
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

// "CertGetCertificateChain function": the one flag is for issuers, the other for revocation.
bool FetchesNothing(DWORD chain_flags) {
  constexpr DWORD kRevocation = CERT_CHAIN_REVOCATION_CHECK_END_CERT |
                                CERT_CHAIN_REVOCATION_CHECK_CHAIN |
                                CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT;
  const bool issuers = (chain_flags & CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL) == 0;
  const bool revocation = (chain_flags & kRevocation) != 0 &&
                          (chain_flags & CERT_CHAIN_REVOCATION_CHECK_CACHE_ONLY) == 0;
  return !issuers && !revocation;
}

class ChainJob : public Job {
 public:
  // Of these certificates.
  ChainJob(ChainQuery query, std::vector<Bytes> certificates)
      : query_(std::move(query)), certificates_(std::move(certificates)) {}
  // Of the one in the query, which a session has.
  ChainJob(ChainQuery query, std::weak_ptr<const SecurityContext> session)
      : query_(std::move(query)), session_(std::move(session)) {}

  void Run() override {
    if (session_) {
      // Nobody waits any more, and others do whose turn is next.
      if (session_->expired()) throw WindowsError(SEC_E_INVALID_HANDLE, "session is closed");
    } else {
      query_.certificate = MakeCertificate(certificates_);
    }
    report_ = VerifyChain(kSystemChainApi, query_);
  }

  void Fail(LONG status, const char* syscall) noexcept override {
    report_ = ChainReport();
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
  const std::optional<std::weak_ptr<const SecurityContext>> session_;
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
  const DWORD chain_flags = query.chain_flags;
  std::shared_ptr<ChainJob> job;
  if (IsNull(env, session)) {
    job = std::make_shared<ChainJob>(std::move(query), ToBytesList(env, property("certificates")));
  } else {
    // Taken now, since the session may be busy by the time a worker is free. The certificate
    // carries its issuers and a stapled OCSP answer.
    const SecurityContext& context = Unwrap<SessionWrap>(env, session).Open();
    query.certificate = context.PeerCertificate();
    job = std::make_shared<ChainJob>(std::move(query), context.weak_from_this());
  }
  Dispatcher& dispatcher = AddonData::Of(env).dispatcher;
  if (FetchesNothing(chain_flags)) {
    dispatcher.Post(call[1], nullptr, std::move(job));
  } else {
    dispatcher.Post(call[1], nullptr, std::move(job), Lane::OfStrangers());
  }
  return nullptr;
}

}  // namespace schannel
