#include "identity.h"

#include <vector>

#include "failure.h"

namespace limit {
namespace {

constexpr DWORD kKeyBits = 2048;

std::vector<BYTE> EncodeName(const wchar_t* name) {
  DWORD size = 0;
  if (!CertStrToNameW(X509_ASN_ENCODING, name, CERT_X500_NAME_STR, nullptr, nullptr, &size,
                      nullptr)) {
    throw Failure("CertStrToNameW", GetLastError());
  }
  std::vector<BYTE> encoded(size);
  if (!CertStrToNameW(X509_ASN_ENCODING, name, CERT_X500_NAME_STR, nullptr, encoded.data(), &size,
                      nullptr)) {
    throw Failure("CertStrToNameW", GetLastError());
  }
  return encoded;
}

}  // namespace

ServerIdentity::ServerIdentity()
    : container_(L"schannel-bench-" + std::to_wstring(GetCurrentProcessId())) {
  try {
    GenerateKey();
    Sign();
    // The key is stored at the latest when no handle holds the container: Wine writes it then.
    CryptReleaseContext(provider_, 0);
  } catch (...) {
    CryptReleaseContext(provider_, 0);
    DeleteContainer();
    throw;
  }
}

ServerIdentity::~ServerIdentity() {
  CertFreeCertificateContext(certificate_);
  DeleteContainer();
}

void ServerIdentity::GenerateKey() {
  if (!CryptAcquireContextW(&provider_, container_.c_str(), nullptr, PROV_RSA_AES,
                            CRYPT_NEWKEYSET | CRYPT_SILENT)) {
    throw Failure("CryptAcquireContextW", GetLastError());
  }
  HCRYPTKEY key = 0;
  if (!CryptGenKey(provider_, AT_KEYEXCHANGE, kKeyBits << 16, &key)) {
    throw Failure("CryptGenKey", GetLastError());
  }
  CryptDestroyKey(key);
}

void ServerIdentity::Sign() {
  std::vector<BYTE> name = EncodeName(L"CN=localhost");
  CERT_NAME_BLOB subject{static_cast<DWORD>(name.size()), name.data()};
  CRYPT_KEY_PROV_INFO key{};
  key.pwszContainerName = container_.data();
  key.dwProvType = PROV_RSA_AES;
  key.dwKeySpec = AT_KEYEXCHANGE;
  char sha256[] = szOID_RSA_SHA256RSA;
  CRYPT_ALGORITHM_IDENTIFIER algorithm{};
  algorithm.pszObjId = sha256;
  certificate_ = CertCreateSelfSignCertificate(provider_, &subject, 0, &key, &algorithm, nullptr,
                                               nullptr, nullptr);
  if (certificate_ == nullptr) {
    throw Failure("CertCreateSelfSignCertificate", GetLastError());
  }
}

void ServerIdentity::DeleteContainer() {
  HCRYPTPROV none = 0;  // stays empty: this call only deletes
  CryptAcquireContextW(&none, container_.c_str(), nullptr, PROV_RSA_AES,
                       CRYPT_DELETEKEYSET | CRYPT_SILENT);
}

}  // namespace limit
