#include "crypt/chain.h"

#include <cstddef>

#include "platform/windows_error.h"

namespace schannel {
namespace {

// The structure of Windows Vista: of what came later nothing is used, and Wine 10 looks at the time
// limit only when the size is exactly this.
constexpr DWORD kChainParaSize = offsetof(CERT_CHAIN_PARA, pStrongSignPara);

// SECURITY_FLAG_IGNORE_CERT_CN_INVALID of wininet.h: host names are matched in JavaScript.
constexpr DWORD kIgnoreCertCnInvalid = 0x1000;

UniqueChain BuildChain(const ChainApi& api, const ChainQuery& query) {
  std::string usage = query.usage;
  LPSTR usages[] = {usage.data()};
  CERT_CHAIN_PARA para = {};
  para.cbSize = kChainParaSize;
  if (!usage.empty()) {
    para.RequestedUsage.dwType = USAGE_MATCH_TYPE_AND;
    para.RequestedUsage.Usage = {1, usages};
  }
  para.dwUrlRetrievalTimeout = query.url_timeout;
  const HCERTCHAINENGINE engine = query.trust ? query.trust->engine() : HCCE_CURRENT_USER;
  const PCCERT_CONTEXT certificate = query.certificate.get();
  PCCERT_CHAIN_CONTEXT chain = nullptr;
  // The additional store is where Schannel keeps the intermediates that the peer sent; they are
  // never anchors.
  if (!api.get_chain(engine, certificate, nullptr, certificate->hCertStore, &para,
                     query.chain_flags, nullptr, &chain)) {
    throw LastError("CertGetCertificateChain");
  }
  return UniqueChain(chain);
}

// The function succeeds whenever it could evaluate: the verdict is only in the status.
CERT_CHAIN_POLICY_STATUS ApplySslPolicy(const ChainApi& api, const UniqueChain& chain,
                                        const ChainQuery& query) {
  SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = {};
  ssl.cbSize = sizeof(ssl);
  // Names the party that is checked, not the one that checks.
  ssl.dwAuthType = query.role == Role::kServer ? AUTHTYPE_SERVER : AUTHTYPE_CLIENT;
  ssl.fdwChecks = kIgnoreCertCnInvalid;
  CERT_CHAIN_POLICY_PARA para = {};
  para.cbSize = sizeof(para);
  para.dwFlags = query.policy_flags;
  para.pvExtraPolicyPara = &ssl;
  CERT_CHAIN_POLICY_STATUS status = {};
  status.cbSize = sizeof(status);
  if (!api.verify_policy(CERT_CHAIN_POLICY_SSL, chain.get(), &para, &status)) {
    throw LastError("CertVerifyCertificateChainPolicy");
  }
  return status;
}

ChainElement Describe(const CERT_CHAIN_ELEMENT& element) {
  ChainElement description;
  const CERT_CONTEXT& certificate = *element.pCertContext;
  description.certificate = ByteView(certificate.pbCertEncoded, certificate.cbCertEncoded).Copy();
  description.error_status = element.TrustStatus.dwErrorStatus;
  description.info_status = element.TrustStatus.dwInfoStatus;
  if (element.pRevocationInfo != nullptr) {
    description.revocation = element.pRevocationInfo->dwRevocationResult;
  }
  return description;
}

}  // namespace

ChainReport VerifyChain(const ChainApi& api, const ChainQuery& query) {
  if (!query.certificate) throw WindowsError(SEC_E_NO_CREDENTIALS, "QueryContextAttributesW");
  const UniqueChain chain = BuildChain(api, query);
  const CERT_CHAIN_POLICY_STATUS policy = ApplySslPolicy(api, chain, query);
  const CERT_CHAIN_CONTEXT& context = *chain.get();
  ChainReport report;
  report.error_status = context.TrustStatus.dwErrorStatus;
  report.info_status = context.TrustStatus.dwInfoStatus;
  report.policy_error = policy.dwError;
  report.policy_chain_index = policy.lChainIndex;
  report.policy_element_index = policy.lElementIndex;
  if (context.cChain == 0) return report;
  const CERT_SIMPLE_CHAIN& simple = *context.rgpChain[0];
  report.elements.reserve(simple.cElement);
  for (DWORD index = 0; index < simple.cElement; ++index) {
    report.elements.push_back(Describe(*simple.rgpElement[index]));
  }
  return report;
}

}  // namespace schannel
