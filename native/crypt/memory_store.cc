#include "crypt/memory_store.h"

#include "platform/windows_error.h"

namespace schannel {
namespace {

UniqueStore OpenMemoryStore(const StoreApi& api, DWORD flags) {
  UniqueStore store(
      api.open(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG | flags, nullptr));
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
  UniqueStore store = OpenMemoryStore(kSystemStoreApi, 0);
  for (const Bytes& der : certificates) static_cast<void>(Add(store, der));
  return store;
}

UniqueCertificate MakeCertificate(const std::vector<Bytes>& certificates, const StoreApi& api) {
  // Without the flag Windows closes the store at once, and the handle in the certificates is that
  // of a closed store ("CertOpenStore function", "CertCloseStore function"). Wine's certificates
  // hold their store either way.
  const UniqueStore store = OpenMemoryStore(api, CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG);
  UniqueCertificate first;
  for (const Bytes& der : certificates) {
    UniqueCertificate added = Add(store, der);
    if (!first) first = std::move(added);
  }
  if (!first) throw WindowsError(SEC_E_NO_CREDENTIALS, "no certificate");
  return first;
}

}  // namespace schannel
