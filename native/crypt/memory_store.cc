#include "crypt/memory_store.h"

#include "platform/windows_error.h"

namespace schannel {
namespace {

UniqueStore OpenMemoryStore() {
  UniqueStore store(
      CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, nullptr));
  if (!store) throw LastError("CertOpenStore");
  return store;
}

UniqueCertificate Add(const UniqueStore& store, const Bytes& der) {
  PCCERT_CONTEXT added = nullptr;
  if (!CertAddEncodedCertificateToStore(store.get(), X509_ASN_ENCODING, der.data(),
                                        static_cast<DWORD>(der.size()), CERT_STORE_ADD_ALWAYS,
                                        &added)) {
    throw LastError("CertAddEncodedCertificateToStore");
  }
  return UniqueCertificate(added);
}

}  // namespace

UniqueStore MakeMemoryStore(const std::vector<Bytes>& certificates) {
  UniqueStore store = OpenMemoryStore();
  for (const Bytes& der : certificates) static_cast<void>(Add(store, der));
  return store;
}

UniqueCertificate MakeCertificate(const std::vector<Bytes>& certificates) {
  const UniqueStore store = OpenMemoryStore();
  UniqueCertificate first;
  for (const Bytes& der : certificates) {
    UniqueCertificate added = Add(store, der);
    if (!first) first = std::move(added);
  }
  if (!first) throw WindowsError(SEC_E_NO_CREDENTIALS, "no certificate");
  // Closing the store leaves it to its contexts: it ends with the last of them ("CertCloseStore
  // function", remarks).
  return first;
}

}  // namespace schannel
