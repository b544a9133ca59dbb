// Building a certificate chain and hearing what Windows says of it. Nothing is judged here.
#pragma once

#include "platform/win.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypt/chain_api.h"
#include "crypt/trust.h"
#include "handle/handles.h"
#include "platform/bytes.h"
#include "platform/role.h"

namespace schannel {

struct ChainQuery {
  UniqueCertificate certificate;       // possible issuers are in its hCertStore
  std::shared_ptr<const Trust> trust;  // null: the anchors of the system
  std::string usage;                   // OID of an extended key usage that is required; empty: none
  Role role = Role::kServer;           // the side that the certificate belongs to
  DWORD chain_flags = 0;               // CERT_CHAIN_*
  DWORD policy_flags = 0;              // CERT_CHAIN_POLICY_IGNORE_*
  DWORD url_timeout = 0;               // milliseconds; 0: Windows' default
};

struct ChainElement {
  Bytes certificate;  // DER
  DWORD error_status = 0;
  DWORD info_status = 0;
  std::optional<DWORD> revocation;  // dwRevocationResult; absent when revocation was not looked at
};

struct ChainReport {
  DWORD error_status = 0;  // CERT_TRUST_*
  DWORD info_status = 0;
  DWORD policy_error = 0;
  LONG policy_chain_index = -1;
  LONG policy_element_index = -1;
  std::vector<ChainElement> elements;  // the first simple chain, leaf first
};

// May fetch issuers, revocation lists and roots from the network: for a worker thread. Throws
// WindowsError.
[[nodiscard]] ChainReport VerifyChain(const ChainApi& api, const ChainQuery& query);

}  // namespace schannel
