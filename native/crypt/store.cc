#include "crypt/store.h"

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

}  // namespace

Store::Store(const StoreApi& api, const StoreRequest& request)
    : api_(api), store_(Open(api, request)) {}

std::vector<UniqueCertificate> Store::Certificates() const {
  std::vector<UniqueCertificate> certificates;
  PCCERT_CONTEXT each = nullptr;
  // Each call frees what it was given.
  while ((each = api_.enumerate(store_.get(), each)) != nullptr) {
    certificates.emplace_back(CertDuplicateCertificateContext(each));
  }
  // ERROR_NO_MORE_FILES comes of stores that are read from elsewhere ("CertEnumCertificatesInStore
  // function").
  const DWORD error = GetLastError();
  if (error != static_cast<DWORD>(CRYPT_E_NOT_FOUND) && error != ERROR_NO_MORE_FILES) {
    throw WindowsError(static_cast<LONG>(error), "CertEnumCertificatesInStore");
  }
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

void Store::Control(DWORD flags, DWORD type, const void* parameter) const {
  SetLastError(ERROR_SUCCESS);
  if (!api_.control(store_.get(), flags, type, parameter)) throw SilentFailure("CertControlStore");
}

}  // namespace schannel
