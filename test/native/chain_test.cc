// Chains: what crypt32 is asked, in which structures, and what is made of its answers. The table
// watches the calls and passes them on to crypt32, or fails them in its stead.
#include "platform/win.h"

#include "crypt/chain.h"

#include <cstddef>
#include <vector>

#include "crypt/memory_store.h"
#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/certificate.h"
#include "support/harness.h"

using schannel::Anchors;
using schannel::Bytes;
using schannel::ChainApi;
using schannel::ChainQuery;
using schannel::ChainReport;
using schannel::HandleKind;
using schannel::LiveHandles;
using schannel::MakeCertificate;
using schannel::Role;
using schannel::Trust;
using schannel::VerifyChain;

namespace {

constexpr DWORD kWindows7Config = 80;
constexpr DWORD kWindows8Config = 88;

// What crypt32 was asked, and what it is to answer. Functions in a table have no object: there is
// one for all.
struct Watch {
  std::vector<CERT_CHAIN_ENGINE_CONFIG> configs;
  HCERTSTORE additional_of_engine = nullptr;
  DWORD largest_config = kWindows8Config;
  DWORD engine_error = ERROR_SUCCESS;
  DWORD store_flags = 0;

  int chains = 0;
  HCERTCHAINENGINE engine = nullptr;
  HCERTSTORE additional = nullptr;
  CERT_CHAIN_PARA para = {};
  std::string usage;
  DWORD chain_flags = 0;
  DWORD chain_error = ERROR_SUCCESS;
  CERT_TRUST_STATUS trust_status = {};  // added to what crypt32 says
  CERT_REVOCATION_INFO revocation = {};
  bool has_revocation = false;

  LPCSTR policy = nullptr;
  SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = {};
  DWORD policy_flags = 0;
  DWORD policy_error = ERROR_SUCCESS;
  CERT_CHAIN_POLICY_STATUS policy_status = {};
};

Watch* watch = nullptr;

BOOL Fail(DWORD error) {
  SetLastError(error);
  return FALSE;
}

BOOL WINAPI WatchedCreateEngine(PCERT_CHAIN_ENGINE_CONFIG config, HCERTCHAINENGINE* engine) {
  watch->configs.push_back({});
  memcpy(&watch->configs.back(), config, config->cbSize);
  if (config->cAdditionalStore == 1) watch->additional_of_engine = config->rghAdditionalStore[0];
  if (watch->engine_error != ERROR_SUCCESS) return Fail(watch->engine_error);
  if (config->cbSize > watch->largest_config) return Fail(static_cast<DWORD>(E_INVALIDARG));
  // Wine 10 takes no more than the structure of Windows 7.
  config->cbSize = kWindows7Config;
  return CertCreateCertificateChainEngine(config, engine);
}

BOOL WINAPI WatchedGetChain(HCERTCHAINENGINE engine, PCCERT_CONTEXT certificate, LPFILETIME time,
                            HCERTSTORE additional, PCERT_CHAIN_PARA para, DWORD flags,
                            LPVOID reserved, PCCERT_CHAIN_CONTEXT* chain) {
  watch->chains += 1;
  watch->engine = engine;
  watch->additional = additional;
  memcpy(&watch->para, para, para->cbSize);
  if (para->RequestedUsage.Usage.cUsageIdentifier == 1) {
    watch->usage = para->RequestedUsage.Usage.rgpszUsageIdentifier[0];
  }
  watch->chain_flags = flags;
  if (watch->chain_error != ERROR_SUCCESS) return Fail(watch->chain_error);
  if (!CertGetCertificateChain(engine, certificate, time, additional, para, flags, reserved,
                               chain)) {
    return FALSE;
  }
  auto* const context = const_cast<CERT_CHAIN_CONTEXT*>(*chain);
  context->TrustStatus.dwErrorStatus |= watch->trust_status.dwErrorStatus;
  context->TrustStatus.dwInfoStatus |= watch->trust_status.dwInfoStatus;
  if (watch->has_revocation) {
    context->rgpChain[0]->rgpElement[0]->pRevocationInfo = &watch->revocation;
  }
  return TRUE;
}

BOOL WINAPI WatchedPolicy(LPCSTR policy, PCCERT_CHAIN_CONTEXT, PCERT_CHAIN_POLICY_PARA para,
                          PCERT_CHAIN_POLICY_STATUS status) {
  watch->policy = policy;
  watch->ssl = *static_cast<SSL_EXTRA_CERT_CHAIN_POLICY_PARA*>(para->pvExtraPolicyPara);
  watch->policy_flags = para->dwFlags;
  if (watch->policy_error != ERROR_SUCCESS) return Fail(watch->policy_error);
  status->dwError = watch->policy_status.dwError;
  status->lChainIndex = watch->policy_status.lChainIndex;
  status->lElementIndex = watch->policy_status.lElementIndex;
  return TRUE;
}

HCERTSTORE WINAPI WatchedOpenStore(LPCSTR provider, DWORD encoding, HCRYPTPROV_LEGACY legacy,
                                   DWORD flags, const void* parameter) {
  watch->store_flags = flags;
  return CertOpenStore(provider, encoding, legacy, flags, parameter);
}

constexpr ChainApi kWatched = {&WatchedCreateEngine, &WatchedGetChain, &WatchedPolicy};

// A watch for the length of a test, which has to give every handle back.
class Watching : public Watch {
 public:
  Watching() { watch = this; }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;
  ~Watching() { watch = nullptr; }

  static void CheckNoHandles() {
    for (const auto kind :
         {HandleKind::kCertificate, HandleKind::kChain, HandleKind::kStore, HandleKind::kEngine}) {
      CHECK_EQUAL(LiveHandles(kind).load(), 0);
    }
  }
};

ChainQuery Query() {
  ChainQuery query;
  query.certificate = MakeCertificate({test::RootCertificate()});
  return query;
}

}  // namespace

TEST(roots_take_the_structure_of_windows_7) {
  Watching watching;
  {
    const Trust trust(kWatched, {test::RootCertificate()}, Anchors::kRoots);
    CHECK_EQUAL(watching.configs.size(), size_t{1});
    const CERT_CHAIN_ENGINE_CONFIG& config = watching.configs[0];
    CHECK_EQUAL(config.cbSize, kWindows7Config);
    CHECK(config.hExclusiveRoot != nullptr);
    CHECK(config.hRestrictedRoot == nullptr);
    CHECK(config.hExclusiveTrustedPeople == nullptr);
  }
  Watching::CheckNoHandles();
}

TEST(authorities_as_anchors_take_the_structure_of_windows_8) {
  Watching watching;
  const Trust trust(kWatched, {test::RootCertificate()}, Anchors::kAuthorities);
  CHECK_EQUAL(watching.configs.size(), size_t{1});
  CHECK_EQUAL(watching.configs[0].cbSize, kWindows8Config);
  CHECK_EQUAL(watching.configs[0].dwExclusiveFlags, DWORD{CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG});
}

TEST(windows_that_lacks_the_larger_structure_gets_the_smaller_one) {
  Watching watching;
  watching.largest_config = kWindows7Config;
  const Trust trust(kWatched, {test::RootCertificate()}, Anchors::kAuthorities);
  CHECK_EQUAL(watching.configs.size(), size_t{2});
  CHECK_EQUAL(watching.configs[1].cbSize, kWindows7Config);
  CHECK(watching.configs[1].hExclusiveRoot == watching.configs[0].hExclusiveRoot);
}

TEST(other_failures_of_the_engine_are_not_tried_again) {
  Watching watching;
  watching.engine_error = ERROR_NOT_ENOUGH_MEMORY;
  const std::string syscall = CHECK_THROWS(
      Trust(kWatched, {test::RootCertificate()}, Anchors::kAuthorities), ERROR_NOT_ENOUGH_MEMORY);
  CHECK_EQUAL(syscall, "CertCreateCertificateChainEngine");
  CHECK_EQUAL(watching.configs.size(), size_t{1});
  Watching::CheckNoHandles();
}

TEST(no_anchors_are_an_empty_store_not_the_system) {
  Watching watching;
  const Trust trust(kWatched, {}, Anchors::kRoots);
  const HCERTSTORE roots = watching.configs.at(0).hExclusiveRoot;
  CHECK(roots != nullptr);
  CHECK(CertEnumCertificatesInStore(roots, nullptr) == nullptr);
}

TEST(anchors_are_searched_for_issuers_too) {
  Watching watching;
  const Trust trust(kWatched, {test::RootCertificate()}, Anchors::kRoots);
  CHECK(watching.additional_of_engine == watching.configs.at(0).hExclusiveRoot);
}

TEST(chain_is_asked_for_with_the_store_of_the_certificate) {
  Watching watching;
  {
    const auto trust = std::make_shared<const Trust>(
        kWatched, std::vector<Bytes>{test::RootCertificate()}, Anchors::kRoots);
    ChainQuery query = Query();
    query.trust = trust;
    query.usage = szOID_PKIX_KP_SERVER_AUTH;
    query.chain_flags = CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT;
    query.url_timeout = 3000;
    static_cast<void>(VerifyChain(kWatched, query));
    CHECK(watching.engine == trust->engine());
    CHECK(watching.additional == query.certificate.get()->hCertStore);
    // Wine 10 honours the time limit only at this size, and Windows takes it since Vista.
    CHECK_EQUAL(watching.para.cbSize, DWORD{offsetof(CERT_CHAIN_PARA, pStrongSignPara)});
    CHECK_EQUAL(watching.para.RequestedUsage.dwType, DWORD{USAGE_MATCH_TYPE_AND});
    CHECK_EQUAL(watching.usage, szOID_PKIX_KP_SERVER_AUTH);
    CHECK_EQUAL(watching.para.dwUrlRetrievalTimeout, DWORD{3000});
    CHECK_EQUAL(watching.chain_flags, DWORD{CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT});
  }
  Watching::CheckNoHandles();
}

TEST(system_trust_is_the_engine_of_the_user_and_no_usage_is_none) {
  Watching watching;
  static_cast<void>(VerifyChain(kWatched, Query()));
  CHECK(watching.engine == HCCE_CURRENT_USER);
  CHECK_EQUAL(watching.para.RequestedUsage.Usage.cUsageIdentifier, DWORD{0});
}

TEST(policy_is_told_the_side_and_leaves_the_name_out) {
  Watching watching;
  ChainQuery query = Query();
  query.policy_flags = CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS;
  static_cast<void>(VerifyChain(kWatched, query));
  CHECK(watching.policy == CERT_CHAIN_POLICY_SSL);
  CHECK_EQUAL(watching.ssl.dwAuthType, DWORD{AUTHTYPE_SERVER});
  CHECK_EQUAL(watching.ssl.fdwChecks, DWORD{0x1000});  // only SECURITY_FLAG_IGNORE_CERT_CN_INVALID
  CHECK(watching.ssl.pwszServerName == nullptr);
  CHECK_EQUAL(watching.policy_flags, DWORD{CERT_CHAIN_POLICY_IGNORE_ALL_REV_UNKNOWN_FLAGS});
  query.role = Role::kClient;
  static_cast<void>(VerifyChain(kWatched, query));
  CHECK_EQUAL(watching.ssl.dwAuthType, DWORD{AUTHTYPE_CLIENT});
}

TEST(report_repeats_what_was_said) {
  Watching watching;
  watching.trust_status = {CERT_TRUST_IS_REVOKED, CERT_TRUST_HAS_PREFERRED_ISSUER};
  watching.revocation.cbSize = sizeof(watching.revocation);
  watching.revocation.dwRevocationResult = static_cast<DWORD>(CRYPT_E_REVOKED);
  watching.has_revocation = true;
  watching.policy_status.dwError = static_cast<DWORD>(CERT_E_REVOKED);
  watching.policy_status.lElementIndex = 1;
  const ChainReport report = VerifyChain(kWatched, Query());
  CHECK((report.error_status & CERT_TRUST_IS_REVOKED) != 0);
  CHECK((report.info_status & CERT_TRUST_HAS_PREFERRED_ISSUER) != 0);
  CHECK_EQUAL(report.policy_error, static_cast<DWORD>(CERT_E_REVOKED));
  CHECK_EQUAL(report.policy_chain_index, 0);
  CHECK_EQUAL(report.policy_element_index, 1);
  CHECK_EQUAL(report.elements.size(), size_t{1});
  CHECK(report.elements[0].certificate == test::RootCertificate());
  CHECK((report.elements[0].error_status & CERT_TRUST_IS_UNTRUSTED_ROOT) != 0);
  CHECK((report.elements[0].info_status & CERT_TRUST_IS_SELF_SIGNED) != 0);
  CHECK_EQUAL(report.elements[0].revocation.value_or(0), static_cast<DWORD>(CRYPT_E_REVOKED));
}

TEST(revocation_that_was_not_looked_at_is_absent) {
  Watching watching;
  const ChainReport report = VerifyChain(kWatched, Query());
  CHECK(!report.elements.at(0).revocation.has_value());
}

TEST(failed_calls_tell_status_and_name_and_leave_no_handle) {
  Watching watching;
  watching.chain_error = ERROR_INVALID_DATA;
  CHECK_EQUAL(CHECK_THROWS(static_cast<void>(VerifyChain(kWatched, Query())), ERROR_INVALID_DATA),
              "CertGetCertificateChain");
  Watching::CheckNoHandles();
  watching.chain_error = ERROR_SUCCESS;
  watching.policy_error = ERROR_FILE_NOT_FOUND;
  CHECK_EQUAL(CHECK_THROWS(static_cast<void>(VerifyChain(kWatched, Query())), ERROR_FILE_NOT_FOUND),
              "CertVerifyCertificateChainPolicy");
  Watching::CheckNoHandles();
}

TEST(no_certificate_is_no_chain) {
  Watching watching;
  CHECK_THROWS(static_cast<void>(VerifyChain(kWatched, ChainQuery())), SEC_E_NO_CREDENTIALS);
  CHECK_THROWS(static_cast<void>(MakeCertificate({})), SEC_E_NO_CREDENTIALS);
  CHECK_EQUAL(watching.chains, 0);
}

TEST(certificate_that_cannot_be_decoded_leaves_no_handle) {
  const Bytes root = test::RootCertificate();
  const Bytes cut(root.begin(), root.begin() + 100);
  for (const auto& certificates : {std::vector<Bytes>{cut}, std::vector<Bytes>{root, cut}}) {
    try {
      static_cast<void>(MakeCertificate(certificates));
      throw test::Failure(__FILE__, __LINE__, "nothing was thrown");
    } catch (const schannel::WindowsError& error) {
      CHECK_EQUAL(std::string(error.syscall()), "CertAddEncodedCertificateToStore");
      CHECK(error.status() != ERROR_SUCCESS);
    }
  }
  Watching::CheckNoHandles();
}

TEST(store_of_a_certificate_ends_with_its_last_certificate) {
  Watching watching;
  schannel::StoreApi api;
  api.open = &WatchedOpenStore;
  static_cast<void>(MakeCertificate({test::RootCertificate()}, api));
  CHECK_EQUAL(watching.store_flags,
              DWORD{CERT_STORE_CREATE_NEW_FLAG | CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG});
}

TEST(certificate_keeps_the_others_in_its_store) {
  const auto certificate = MakeCertificate({test::RootCertificate(), test::RootCertificate()});
  int count = 0;
  for (PCCERT_CONTEXT each = nullptr;
       (each = CertEnumCertificatesInStore(certificate.get()->hCertStore, each)) != nullptr;) {
    count += 1;
  }
  CHECK_EQUAL(count, 2);
}

TEST(windows_trusts_what_is_an_anchor_and_nothing_else) {
  const ChainApi& api = schannel::kSystemChainApi;
  ChainQuery query = Query();
  query.usage = szOID_PKIX_KP_SERVER_AUTH;
  query.trust = std::make_shared<const Trust>(api, std::vector<Bytes>{test::RootCertificate()},
                                              Anchors::kRoots);
  const ChainReport trusted = VerifyChain(api, query);
  CHECK_EQUAL(trusted.error_status, DWORD{CERT_TRUST_NO_ERROR});
  CHECK_EQUAL(trusted.policy_error, DWORD{ERROR_SUCCESS});
  query.trust = std::make_shared<const Trust>(api, std::vector<Bytes>{}, Anchors::kRoots);
  const ChainReport untrusted = VerifyChain(api, query);
  CHECK((untrusted.error_status & CERT_TRUST_IS_UNTRUSTED_ROOT) != 0);
  CHECK_EQUAL(untrusted.policy_error, static_cast<DWORD>(CERT_E_UNTRUSTEDROOT));
}
