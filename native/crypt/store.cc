#include "crypt/store.h"

#include <algorithm>
#include <utility>

#include "handle/store_cursor.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

HCERTSTORE Open(const StoreApi& api, const StoreRequest& request) {
  SetLastError(ERROR_SUCCESS);
  // The providers are named by numbers in the place of a pointer (wincrypt.h).
  const auto* const provider =
      reinterpret_cast<LPCSTR>(static_cast<ULONG_PTR>(request.provider & 0xffff));
  const void* const name = request.name.empty() ? nullptr : request.name.c_str();
  const HCERTSTORE store = api.open(provider, 0, 0, request.flags, name);
  if (store == nullptr) throw SilentFailure("CertOpenStore");
  return store;
}

// How an enumeration ends. ERROR_NO_MORE_FILES comes of stores that are read from elsewhere
// ("CertEnumCertificatesInStore function").
void CheckEnd(const char* syscall) {
  const DWORD error = GetLastError();
  if (error != static_cast<DWORD>(CRYPT_E_NOT_FOUND) && error != ERROR_NO_MORE_FILES) {
    throw WindowsError(static_cast<LONG>(error), syscall);
  }
}

ByteView EncodedOf(PCCRL_CONTEXT list) noexcept {
  return ByteView(list->pbCrlEncoded, list->cbCrlEncoded);
}

}  // namespace

Store::Store(const StoreApi& api, const StoreRequest& request)
    : api_(api), store_(Open(api, request)) {}

std::vector<UniqueCertificate> Store::Certificates() const {
  std::vector<UniqueCertificate> certificates;
  CertificateCursor each;
  while (each.Next(api_.enumerate, store_.get())) {
    UniqueCertificate certificate(CertDuplicateCertificateContext(each.get()));
    certificates.push_back(std::move(certificate));
  }
  CheckEnd("CertEnumCertificatesInStore");
  return certificates;
}

UniqueCertificate Store::Add(PCCERT_CONTEXT certificate, DWORD disposition) const {
  PCCERT_CONTEXT added = nullptr;
  SetLastError(ERROR_SUCCESS);
  if (!api_.add(store_.get(), certificate, disposition, &added)) {
    throw SilentFailure("CertAddCertificateContextToStore");
  }
  return UniqueCertificate(added);
}

void Store::Remove(PCCERT_CONTEXT certificate) const {
  SetLastError(ERROR_SUCCESS);
  // Frees what it is given, even when it fails.
  if (!api_.remove(CertDuplicateCertificateContext(certificate))) {
    throw SilentFailure("CertDeleteCertificateFromStore");
  }
}

std::vector<Bytes> Store::RevocationLists() const {
  std::vector<Bytes> lists;
  RevocationListCursor each;
  while (each.Next(api_.enumerate_lists, store_.get())) {
    lists.push_back(EncodedOf(each.get()).Copy());
  }
  CheckEnd("CertEnumCRLsInStore");
  return lists;
}

void Store::AddRevocationList(ByteView encoded, DWORD disposition) const {
  SetLastError(ERROR_SUCCESS);
  if (!api_.add_list(store_.get(), X509_ASN_ENCODING, encoded.data,
                     static_cast<DWORD>(encoded.size), disposition, nullptr)) {
    throw SilentFailure("CertAddEncodedCRLToStore");
  }
}

void Store::RemoveRevocationList(ByteView encoded) const {
  RevocationListCursor each;
  while (each.Next(api_.enumerate_lists, store_.get())) {
    const ByteView other = EncodedOf(each.get());
    if (!std::equal(encoded.data, encoded.data + encoded.size, other.data,
                    other.data + other.size)) {
      continue;
    }
    SetLastError(ERROR_SUCCESS);
    // Frees what it is given, even when it fails.
    if (!api_.remove_list(each.Release())) throw SilentFailure("CertDeleteCRLFromStore");
    return;
  }
  CheckEnd("CertEnumCRLsInStore");
  throw WindowsError(CRYPT_E_NOT_FOUND, "CertEnumCRLsInStore");
}

void Store::Control(DWORD flags, DWORD type, const void* parameter) const {
  SetLastError(ERROR_SUCCESS);
  if (!api_.control(store_.get(), flags, type, parameter)) throw SilentFailure("CertControlStore");
}

}  // namespace schannel
