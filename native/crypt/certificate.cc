#include "crypt/certificate.h"

#include <cstring>

#include "platform/windows_error.h"

namespace schannel {
namespace {

// These two give a handle away (wincrypt.h of the Windows 8 SDK).
constexpr DWORD kNcryptKeyHandleTransfer = 99;
constexpr DWORD kHcryptprovTransfer = 100;

void RefuseHandles(DWORD id, const char* syscall) {
  switch (id) {
    case CERT_KEY_PROV_HANDLE_PROP_ID:
    case CERT_KEY_PROV_INFO_PROP_ID:
    case CERT_KEY_CONTEXT_PROP_ID:
    case CERT_NCRYPT_KEY_HANDLE_PROP_ID:
    case CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE_PROP_ID:
    case kNcryptKeyHandleTransfer:
    case kHcryptprovTransfer:
      throw WindowsError(E_INVALIDARG, syscall);
    default:
      return;
  }
}

std::optional<Bytes> Read(PCCERT_CONTEXT certificate, DWORD id) {
  static constexpr char kSyscall[] = "CertGetCertificateContextProperty";
  DWORD size = 0;
  if (!CertGetCertificateContextProperty(certificate, id, nullptr, &size)) {
    if (static_cast<HRESULT>(GetLastError()) == CRYPT_E_NOT_FOUND) return {};
    throw LastError(kSyscall);
  }
  Bytes value(size);
  // Not null even for a property without a value: with null it would ask for the size again.
  uint8_t none = 0;
  if (!CertGetCertificateContextProperty(certificate, id, size == 0 ? &none : value.data(),
                                         &size)) {
    throw LastError(kSyscall);
  }
  value.resize(size);
  return value;
}

void Write(PCCERT_CONTEXT certificate, DWORD id, const void* value) {
  SetLastError(ERROR_SUCCESS);
  if (!CertSetCertificateContextProperty(certificate, id, 0, value)) {
    throw SilentFailure("CertSetCertificateContextProperty");
  }
}

}  // namespace

UniqueCertificate DecodeCertificate(ByteView der) {
  UniqueCertificate certificate(
      CertCreateCertificateContext(X509_ASN_ENCODING, der.data, static_cast<DWORD>(der.size)));
  if (!certificate) throw LastError("CertCreateCertificateContext");
  return certificate;
}

std::optional<Bytes> ReadProperty(PCCERT_CONTEXT certificate, DWORD id) {
  RefuseHandles(id, "CertGetCertificateContextProperty");
  return Read(certificate, id);
}

void WriteProperty(PCCERT_CONTEXT certificate, DWORD id, const std::optional<Bytes>& value) {
  RefuseHandles(id, "CertSetCertificateContextProperty");
  if (!value) return Write(certificate, id, nullptr);
  // Only the time stamp is not a blob ("CertSetCertificateContextProperty function").
  if (id == CERT_DATE_STAMP_PROP_ID) {
    FILETIME time = {};
    if (value->size() != sizeof(time)) {
      throw WindowsError(E_INVALIDARG, "CertSetCertificateContextProperty");
    }
    std::memcpy(&time, value->data(), sizeof(time));
    return Write(certificate, id, &time);
  }
  const CRYPT_DATA_BLOB blob = {static_cast<DWORD>(value->size()),
                                const_cast<BYTE*>(value->data())};
  Write(certificate, id, &blob);
}

std::optional<KeyLocation> ReadKeyLocation(PCCERT_CONTEXT certificate) {
  const std::optional<Bytes> value = Read(certificate, CERT_KEY_PROV_INFO_PROP_ID);
  if (!value) return {};
  // Its pointers lead into the same memory.
  const auto& info = *reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(value->data());
  KeyLocation location;
  if (info.pwszContainerName != nullptr) location.container = info.pwszContainerName;
  if (info.pwszProvName != nullptr) location.provider = info.pwszProvName;
  location.provider_type = info.dwProvType;
  location.flags = info.dwFlags;
  location.key_spec = info.dwKeySpec;
  return location;
}

void WriteKeyLocation(PCCERT_CONTEXT certificate, const std::optional<KeyLocation>& location) {
  if (!location) return Write(certificate, CERT_KEY_PROV_INFO_PROP_ID, nullptr);
  CRYPT_KEY_PROV_INFO info = {};
  info.pwszContainerName = const_cast<wchar_t*>(location->container.c_str());
  info.pwszProvName = const_cast<wchar_t*>(location->provider.c_str());
  info.dwProvType = location->provider_type;
  info.dwFlags = location->flags;
  info.dwKeySpec = location->key_spec;
  Write(certificate, CERT_KEY_PROV_INFO_PROP_ID, &info);
}

}  // namespace schannel
