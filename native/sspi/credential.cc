#include "sspi/credential.h"

#include <vector>

#include "platform/windows_error.h"

namespace schannel {
namespace {

UniqueCredential Acquire(const SecurityFunctionTableW& sspi, Role role, void* auth_data) {
  const ULONG use = role == Role::kServer ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
  wchar_t package[] = UNISP_NAME_W;
  SspiHandle raw = {{0, 0}, &sspi};
  const SECURITY_STATUS status = sspi.AcquireCredentialsHandleW(
      nullptr, package, use, nullptr, auth_data, nullptr, nullptr, &raw.handle, nullptr);
  if (status != SEC_E_OK) throw WindowsError(status, "AcquireCredentialsHandleW");
  return UniqueCredential(raw);
}

std::vector<PCCERT_CONTEXT> ContextsOf(const CredentialOptions& options) {
  std::vector<PCCERT_CONTEXT> contexts;
  contexts.reserve(options.certificates.size());
  for (const SharedCertificate& certificate : options.certificates) {
    contexts.push_back(certificate->get());
  }
  return contexts;
}

HCERTSTORE RootStoreOf(const CredentialOptions& options) {
  return options.root_store == nullptr ? nullptr : options.root_store->get();
}

// What SCH_CREDENTIALS and SCHANNEL_CRED have in common.
template <typename Structure>
Structure Filled(DWORD version, std::vector<PCCERT_CONTEXT>& contexts,
                 const CredentialOptions& options) {
  Structure credentials = {};
  credentials.dwVersion = version;
  credentials.cCreds = static_cast<DWORD>(contexts.size());
  credentials.paCred = contexts.empty() ? nullptr : contexts.data();
  credentials.hRootStore = RootStoreOf(options);
  credentials.dwFlags = options.flags;
  credentials.dwSessionLifespan = options.session_lifespan;
  return credentials;
}

UniqueCredential AcquireSchCredentials(const SecurityFunctionTableW& sspi,
                                       const CredentialOptions& options) {
  TLS_PARAMETERS parameters = {};
  parameters.grbitDisabledProtocols = options.protocols;
  std::vector<PCCERT_CONTEXT> contexts = ContextsOf(options);
  auto credentials = Filled<SCH_CREDENTIALS>(SCH_CREDENTIALS_VERSION, contexts, options);
  if (options.protocols != 0) {
    credentials.cTlsParameters = 1;
    credentials.pTlsParameters = &parameters;
  }
  return Acquire(sspi, options.role, &credentials);
}

UniqueCredential AcquireSchannelCred(const SecurityFunctionTableW& sspi,
                                     const CredentialOptions& options) {
  std::vector<PCCERT_CONTEXT> contexts = ContextsOf(options);
  auto credentials = Filled<SCHANNEL_CRED>(SCHANNEL_CRED_VERSION, contexts, options);
  credentials.grbitEnabledProtocols = options.protocols;
  return Acquire(sspi, options.role, &credentials);
}

}  // namespace

Credential::Credential(const SecurityFunctionTableW& sspi, const CredentialOptions& options)
    : sspi_(sspi),
      role_(options.role),
      certificates_(options.certificates),
      root_store_(options.root_store),
      handle_(options.structure == CredentialStructure::kSchCredentials
                  ? AcquireSchCredentials(sspi, options)
                  : AcquireSchannelCred(sspi, options)) {
  SecPkgCred_SupportedProtocols supported = {};
  const SECURITY_STATUS status =
      sspi.QueryCredentialsAttributesW(handle(), SECPKG_ATTR_SUPPORTED_PROTOCOLS, &supported);
  if (status == SEC_E_OK) supported_protocols_ = supported.grbitProtocol;
}

}  // namespace schannel
