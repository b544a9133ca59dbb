// The crypt32 functions that stores are reached by, as a table: Windows' own, or a test's that
// watches or scripts them.
#pragma once

#include "platform/win.h"

namespace schannel {

struct StoreApi {
  decltype(&CertOpenStore) open = CertOpenStore;
  decltype(&CertEnumCertificatesInStore) enumerate = CertEnumCertificatesInStore;
  decltype(&CertAddCertificateContextToStore) add = CertAddCertificateContextToStore;
  decltype(&CertDeleteCertificateFromStore) remove = CertDeleteCertificateFromStore;
  decltype(&CertControlStore) control = CertControlStore;
  decltype(&CertEnumCRLsInStore) enumerate_lists = CertEnumCRLsInStore;
  decltype(&CertAddEncodedCRLToStore) add_list = CertAddEncodedCRLToStore;
  decltype(&CertDeleteCRLFromStore) remove_list = CertDeleteCRLFromStore;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const StoreApi kSystemStoreApi = {};

}  // namespace schannel
