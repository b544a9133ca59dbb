#include "platform/win.h"

#include "sspi/credential.h"

#include <memory>

#include "crypt/certificate.h"
#include "crypt/memory_store.h"
#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/certificate.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Credential;
using schannel::CredentialOptions;
using schannel::CredentialStructure;
using schannel::Role;
using test::ScriptedSspi;

namespace {

CredentialOptions Options(CredentialStructure structure, DWORD protocols) {
  return {Role::kClient, structure, SCH_USE_STRONG_CRYPTO | SCH_CRED_NO_DEFAULT_CREDS, protocols,
          60000};
}

}  // namespace

TEST(sch_credentials_deny_protocols) {
  ScriptedSspi sspi;
  {
    const Credential credential(sspi.table(),
                                Options(CredentialStructure::kSchCredentials, SP_PROT_TLS1_1));
    CHECK_EQUAL(sspi.sch_credentials.dwVersion, DWORD{SCH_CREDENTIALS_VERSION});
    CHECK_EQUAL(sspi.sch_credentials.dwFlags,
                DWORD{SCH_USE_STRONG_CRYPTO | SCH_CRED_NO_DEFAULT_CREDS});
    CHECK_EQUAL(sspi.sch_credentials.dwSessionLifespan, DWORD{60000});
    CHECK_EQUAL(sspi.tls_parameters, DWORD{1});
    CHECK_EQUAL(sspi.disabled_protocols, DWORD{SP_PROT_TLS1_1});
  }
  sspi.Verify();
}

TEST(sch_credentials_without_protocols_leave_the_system_default) {
  ScriptedSspi sspi;
  {
    const Credential credential(sspi.table(), Options(CredentialStructure::kSchCredentials, 0));
    CHECK_EQUAL(sspi.tls_parameters, DWORD{0});
    CHECK(sspi.sch_credentials.pTlsParameters == nullptr);
  }
  sspi.Verify();
}

TEST(schannel_cred_enables_protocols) {
  ScriptedSspi sspi;
  {
    const Credential credential(sspi.table(),
                                Options(CredentialStructure::kSchannelCred, SP_PROT_TLS1_2_CLIENT));
    CHECK_EQUAL(sspi.schannel_cred.dwVersion, DWORD{SCHANNEL_CRED_VERSION});
    CHECK_EQUAL(sspi.schannel_cred.grbitEnabledProtocols, DWORD{SP_PROT_TLS1_2_CLIENT});
    CHECK_EQUAL(sspi.schannel_cred.dwSessionLifespan, DWORD{60000});
  }
  sspi.Verify();
}

TEST(both_structures_carry_certificates_and_keep_them) {
  for (const auto structure :
       {CredentialStructure::kSchCredentials, CredentialStructure::kSchannelCred}) {
    ScriptedSspi sspi;
    CredentialOptions options = Options(structure, 0);
    options.certificates = {std::make_shared<const schannel::UniqueCertificate>(
        schannel::DecodeCertificate(test::RootCertificate()))};
    const PCCERT_CONTEXT context = options.certificates[0]->get();
    {
      const Credential credential(sspi.table(), options);
      options.certificates.clear();
      CHECK_EQUAL(sspi.certificates.size(), size_t{1});
      CHECK(sspi.certificates[0] == context);
      CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCertificate).load(), 1);
    }
    CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCertificate).load(), 0);
    sspi.Verify();
  }
}

TEST(credential_is_for_one_side) {
  ScriptedSspi sspi;
  CredentialOptions options;
  CHECK(Credential(sspi.table(), options).role() == Role::kClient);
  options.role = Role::kServer;
  CHECK(Credential(sspi.table(), options).role() == Role::kServer);
  CHECK_EQUAL(sspi.credential_uses.at(0), ULONG{SECPKG_CRED_OUTBOUND});
  CHECK_EQUAL(sspi.credential_uses.at(1), ULONG{SECPKG_CRED_INBOUND});
  sspi.Verify();
}

TEST(both_structures_carry_a_root_store_and_keep_it) {
  const auto stores = [] { return schannel::LiveHandles(schannel::HandleKind::kStore).load(); };
  for (const auto structure :
       {CredentialStructure::kSchCredentials, CredentialStructure::kSchannelCred}) {
    ScriptedSspi sspi;
    CredentialOptions options = Options(structure, 0);
    options.role = Role::kServer;
    options.root_store = std::make_shared<const schannel::UniqueStore>(
        schannel::MakeMemoryStore({test::RootCertificate()}));
    const HCERTSTORE handle = options.root_store->get();
    {
      const Credential credential(sspi.table(), options);
      options.root_store.reset();
      const bool modern = structure == CredentialStructure::kSchCredentials;
      CHECK((modern ? sspi.sch_credentials.hRootStore : sspi.schannel_cred.hRootStore) == handle);
      CHECK_EQUAL(stores(), 1);
    }
    CHECK_EQUAL(stores(), 0);
    sspi.Verify();
  }
}

TEST(credential_without_certificates_has_none) {
  ScriptedSspi sspi;
  CHECK(Credential(sspi.table(), {}).supported_protocols() == 0);
  CHECK_EQUAL(sspi.sch_credentials.cCreds, DWORD{0});
  CHECK(sspi.sch_credentials.paCred == nullptr);
  CHECK(sspi.sch_credentials.hRootStore == nullptr);
  sspi.Verify();
}

TEST(credential_tells_the_protocols_in_force) {
  ScriptedSspi sspi;
  CHECK_EQUAL(Credential(sspi.table(), {}).supported_protocols(), DWORD{0});
  sspi.attributes[SECPKG_ATTR_SUPPORTED_PROTOCOLS] = [](void* out) {
    static_cast<SecPkgCred_SupportedProtocols*>(out)->grbitProtocol = SP_PROT_TLS1_3_CLIENT;
    return SEC_E_OK;
  };
  CHECK_EQUAL(Credential(sspi.table(), {}).supported_protocols(), DWORD{SP_PROT_TLS1_3_CLIENT});
  sspi.Verify();
}

TEST(credential_tells_when_it_is_given_back) {
  ScriptedSspi sspi;
  int live = -1;
  {
    const Credential credential(sspi.table(), {});
    credential.WhenReleased(
        [&live] { live = schannel::LiveHandles(schannel::HandleKind::kCredential).load(); });
    CHECK_EQUAL(live, -1);
  }
  CHECK_EQUAL(live, 0);
  sspi.Verify();
}

TEST(credential_that_is_refused_has_no_handle) {
  ScriptedSspi sspi;
  sspi.acquired = SEC_E_ALGORITHM_MISMATCH;
  const std::string syscall = CHECK_THROWS(Credential(sspi.table(), {}), SEC_E_ALGORITHM_MISMATCH);
  CHECK_EQUAL(syscall, "AcquireCredentialsHandleW");
  CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCredential).load(), 0);
  sspi.Verify();
}
