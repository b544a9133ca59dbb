#include "napi/credential_wrap.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "crypt/memory_store.h"
#include "napi/addon_data.h"
#include "napi/certificate_wrap.h"
#include "napi/convert.h"
#include "napi/job.h"
#include "napi/outcome_job.h"
#include "worker/released_on_worker.h"
#include "worker/thread_pool.h"

namespace schannel {
namespace {

using SharedCredential = std::shared_ptr<const Credential>;

Napi::Value FromCredential(Napi::Env env, SharedCredential& credential) {
  auto wrap = std::make_unique<CredentialWrap>(std::move(credential));
  return {env, AddonData::Of(env).credential_class.New(env, std::move(wrap))};
}

CredentialOptions ToCredentialOptions(napi_env env, napi_value request) {
  CredentialOptions options;
  const napi_value role = GetProperty(env, request, "role");
  if (!IsUndefined(env, role)) options.role = ToRole(env, role);
  switch (ToUint32(env, GetProperty(env, request, "structure"))) {
    case SCHANNEL_CRED_VERSION:
      options.structure = CredentialStructure::kSchannelCred;
      break;
    case SCH_CREDENTIALS_VERSION:
      options.structure = CredentialStructure::kSchCredentials;
      break;
    default:
      throw WindowsError(E_INVALIDARG, "unknown credential structure");
  }
  options.flags = ToUint32(env, GetProperty(env, request, "flags"));
  options.protocols = ToUint32(env, GetProperty(env, request, "protocols"));
  options.session_lifespan = ToUint32(env, GetProperty(env, request, "sessionLifespan"));
  const napi_value certificates = GetProperty(env, request, "certificates");
  if (!IsUndefined(env, certificates)) options.certificates = ToCertificates(env, certificates);
  return options;
}

}  // namespace

WrapClass CredentialWrap::Define(napi_env env) {
  napi_property_descriptor protocols = {};
  protocols.utf8name = "supportedProtocols";
  protocols.getter = &CallMethod<CredentialWrap, &CredentialWrap::SupportedProtocols>;
  protocols.attributes = napi_enumerable;
  const napi_property_descriptor members[] = {
      protocols, Method<CredentialWrap, &CredentialWrap::Close>("close")};
  return WrapClass(env, "Credential", members, std::size(members));
}

std::shared_ptr<const Credential> CredentialWrap::credential() const {
  if (credential_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "credential is closed");
  return credential_;
}

napi_value CredentialWrap::Close(const Call& call) {
  const auto credential = std::move(credential_);
  credential_.reset();
  if (IsUndefined(call.env, call[0])) return nullptr;
  Dispatcher& dispatcher = AddonData::Of(call.env).dispatcher;
  auto job = std::make_shared<EndJob>([] {});
  if (credential == nullptr) {
    dispatcher.Post(call[0], call.self, std::move(job));
  } else {
    dispatcher.Post(call[0], call.self, std::move(job), [&credential](ThreadPool::Task task) {
      credential->WhenReleased(std::move(task));
    });
  }
  return nullptr;
}

napi_value CredentialWrap::SupportedProtocols(const Call& call) {
  return Napi::Number::New(call.env, supported_protocols_);
}

napi_value AcquireCredential(const Call& call) {
  AddonData& data = AddonData::Of(call.env);
  const napi_value named = GetProperty(call.env, call[0], "issuers");
  std::vector<Bytes> issuers;  // DER
  if (!IsUndefined(call.env, named)) issuers = ToBytesList(call.env, named);
  const SecurityFunctionTableW& sspi = data.sspi;
  auto job = std::make_shared<OutcomeJob<SharedCredential>>(
      [&sspi, issuers, options = ToCredentialOptions(call.env, call[0])]() mutable {
        if (!issuers.empty()) {
          options.root_store = std::make_shared<const UniqueStore>(MakeMemoryStore(issuers));
        }
        return SharedCredential(MakeReleasedOnWorker<Credential>(sspi, options));
      },
      &FromCredential);
  data.dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
