#include "crypt/private_key.h"

#include <mutex>

#include "crypt/security_descriptor.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

std::optional<Bytes> ExportPublicKey(const KeyApi& api, ULONG_PTR handle, DWORD key_spec) {
  DWORD size = 0;
  if (!api.export_public_key(handle, key_spec, X509_ASN_ENCODING, nullptr, &size)) return {};
  Bytes memory(size);
  auto* const info = reinterpret_cast<CERT_PUBLIC_KEY_INFO*>(memory.data());
  if (!api.export_public_key(handle, key_spec, X509_ASN_ENCODING, info, &size)) return {};
  DWORD length = 0;
  if (!CryptEncodeObject(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO, info, nullptr, &length)) {
    return {};
  }
  Bytes der(length);
  if (!CryptEncodeObject(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO, info, der.data(), &length)) {
    return {};
  }
  der.resize(length);
  return der;
}

}  // namespace

Bytes PrivateKey::Sign(ByteView digest, const SignScheme& scheme) {
  const std::lock_guard<Lock> guard(lock_);
  CheckOpen();
  return DoSign(digest, scheme);
}

Secret PrivateKey::Decrypt(ByteView data, const DecryptScheme& scheme) {
  const std::lock_guard<Lock> guard(lock_);
  CheckOpen();
  return DoDecrypt(data, scheme);
}

Secret PrivateKey::Export(const ExportForm& form) {
  const std::lock_guard<Lock> guard(lock_);
  CheckOpen();
  return DoExport(form);
}

Bytes PrivateKey::Security(SECURITY_INFORMATION parts) {
  const std::lock_guard<Lock> guard(lock_);
  CheckOpen();
  return DoSecurity(parts);
}

void PrivateKey::SetSecurity(SECURITY_INFORMATION parts, ByteView descriptor) {
  const Bytes aligned = descriptor.Copy();
  if (!IsSelfRelativeDescriptor(aligned)) {
    throw WindowsError(static_cast<LONG>(ERROR_INVALID_SECURITY_DESCR), "security descriptor");
  }
  const std::lock_guard<Lock> guard(lock_);
  CheckOpen();
  DoSetSecurity(parts, aligned);
}

void PrivateKey::Close() {
  const std::lock_guard<Lock> guard(lock_);
  closed_ = true;
  DoClose();
}

void PrivateKey::CheckOpen() const {
  if (closed_) throw WindowsError(SEC_E_INVALID_HANDLE, "key is closed");
}

void PrivateKey::SetPublicKey(const KeyApi& api, ULONG_PTR handle, DWORD key_spec) {
  public_key_ = ExportPublicKey(api, handle, key_spec);
}

}  // namespace schannel
