// The crypt32 functions that decide on trust, as a table: Windows' own, or a test's that watches or
// scripts them.
#pragma once

#include "platform/win.h"

namespace schannel {

struct ChainApi {
  decltype(&CertCreateCertificateChainEngine) create_engine = CertCreateCertificateChainEngine;
  decltype(&CertGetCertificateChain) get_chain = CertGetCertificateChain;
  decltype(&CertVerifyCertificateChainPolicy) verify_policy = CertVerifyCertificateChainPolicy;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const ChainApi kSystemChainApi = {};

}  // namespace schannel
