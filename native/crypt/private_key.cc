#include "crypt/private_key.h"

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
  const std::lock_guard<std::mutex> lock(mutex_);
  return DoSign(digest, scheme);
}

Secret PrivateKey::Decrypt(ByteView data, const DecryptScheme& scheme) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return DoDecrypt(data, scheme);
}

Secret PrivateKey::Export(const ExportForm& form) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return DoExport(form);
}

void PrivateKey::SetPublicKey(const KeyApi& api, ULONG_PTR handle, DWORD key_spec) {
  public_key_ = ExportPublicKey(api, handle, key_spec);
}

}  // namespace schannel
