#include "sspi/connection.h"

#include <cstring>
#include <limits>

#include "handle/store_cursor.h"
#include "platform/windows_error.h"
#include "sspi/context_attribute.h"

namespace schannel {
namespace {

std::optional<SecPkgContext_CipherInfo> QueryCipher(const UniqueContext& context) {
  SecPkgContext_CipherInfo request = {};
  request.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1;
  return QueryOptional(context, SECPKG_ATTR_CIPHER_INFO, request);
}

std::optional<Bytes> QueryAlpn(const UniqueContext& context) {
  const auto alpn =
      QueryOptional<SecPkgContext_ApplicationProtocol>(context, SECPKG_ATTR_APPLICATION_PROTOCOL);
  if (!alpn || alpn->ProtoNegoStatus != SecApplicationProtocolNegotiationStatus_Success ||
      alpn->ProtoNegoExt != SecApplicationProtocolNegotiationExt_ALPN) {
    return std::nullopt;
  }
  return ByteView(alpn->ProtocolId, alpn->ProtocolIdSize).Copy();
}

std::optional<bool> QueryResumed(const UniqueContext& context) {
  const auto session = QueryOptional<SecPkgContext_SessionInfo>(context, SECPKG_ATTR_SESSION_INFO);
  if (!session) return std::nullopt;
  return (session->dwFlags & SSL_SESSION_RECONNECT) != 0;
}

// Windows prefixes the binding with its registered name and a colon (RFC 5056 §2.1); what is left
// is the data.
std::optional<Bytes> QueryBinding(const UniqueContext& context, ULONG attribute,
                                  const std::string& prefix) {
  SecPkgContext_Bindings bindings = {};
  if (QueryContext(context, attribute, &bindings) != SEC_E_OK) return std::nullopt;
  const ContextBuffer owner(context, bindings.Bindings);
  if (bindings.Bindings == nullptr || bindings.BindingsLength < sizeof *bindings.Bindings) {
    return std::nullopt;
  }
  const size_t offset = bindings.Bindings->dwApplicationDataOffset;
  const size_t length = bindings.Bindings->cbApplicationDataLength;
  if (offset > bindings.BindingsLength || length > bindings.BindingsLength - offset ||
      length < prefix.size()) {
    return std::nullopt;
  }
  const uint8_t* data = reinterpret_cast<const uint8_t*>(bindings.Bindings) + offset;
  if (std::memcmp(data, prefix.data(), prefix.size()) != 0) return std::nullopt;
  return Bytes(data + prefix.size(), data + length);
}

bool SameCertificate(const CERT_CONTEXT& a, const CERT_CONTEXT& b) {
  return a.cbCertEncoded == b.cbCertEncoded &&
         std::memcmp(a.pbCertEncoded, b.pbCertEncoded, a.cbCertEncoded) == 0;
}

Bytes Encoded(const CERT_CONTEXT& certificate) {
  return ByteView(certificate.pbCertEncoded, certificate.cbCertEncoded).Copy();
}

std::vector<Bytes> CertificatesWith(const UniqueCertificate& own) {
  if (!own) return {};
  std::vector<Bytes> certificates = {Encoded(*own.get())};
  if (own.get()->hCertStore == nullptr) return certificates;
  // The store holds the peer's own certificate too; before build 22621.674 it came last, since then
  // first.
  CertificateCursor other;
  while (other.Next(CertEnumCertificatesInStore, own.get()->hCertStore)) {
    if (!SameCertificate(*own.get(), *other.get())) certificates.push_back(Encoded(*other.get()));
  }
  return certificates;
}

// Schannel hangs what a server stapled on its certificate, where the chain engine looks for it too.
std::optional<Bytes> StapledResponse(const UniqueCertificate& own) {
  DWORD size = 0;
  if (!own ||
      !CertGetCertificateContextProperty(own.get(), CERT_OCSP_RESPONSE_PROP_ID, nullptr, &size) ||
      size == 0) {
    return std::nullopt;
  }
  Bytes response(size);
  if (!CertGetCertificateContextProperty(own.get(), CERT_OCSP_RESPONSE_PROP_ID, response.data(),
                                         &size)) {
    return std::nullopt;
  }
  response.resize(size);
  return response;
}

}  // namespace

UniqueCertificate QueryPeerCertificate(const UniqueContext& context) {
  PCCERT_CONTEXT certificate = nullptr;
  const SECURITY_STATUS status =
      QueryContext(context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate);
  // Any other failure is how providers say that the peer has none.
  if (status == SEC_E_INSUFFICIENT_MEMORY) {
    throw WindowsError(status, "QueryContextAttributesW(REMOTE_CERT_CONTEXT)");
  }
  return UniqueCertificate(status == SEC_E_OK ? certificate : nullptr);
}

Connection QueryConnection(const UniqueContext& context, const UniqueCertificate& peer) {
  Connection connection;
  const SECURITY_STATUS status = QueryContext(context, SECPKG_ATTR_STREAM_SIZES, &connection.sizes);
  if (status != SEC_E_OK) throw WindowsError(status, "QueryContextAttributesW(STREAM_SIZES)");
  connection.info =
      QueryOptional<SecPkgContext_ConnectionInfo>(context, SECPKG_ATTR_CONNECTION_INFO);
  connection.cipher = QueryCipher(context);
  connection.alpn_protocol = QueryAlpn(context);
  connection.resumed = QueryResumed(context);
  // RFC 8446 §C.5 leaves tls-unique undefined for TLS 1.3.
  if (!IsTls13(connection)) {
    connection.tls_unique = QueryBinding(context, SECPKG_ATTR_UNIQUE_BINDINGS, "tls-unique:");
  }
  connection.tls_server_end_point =
      QueryBinding(context, SECPKG_ATTR_ENDPOINT_BINDINGS, "tls-server-end-point:");
  connection.peer_certificates = CertificatesWith(peer);
  connection.stapled_response = StapledResponse(peer);
  return connection;
}

bool IsTls13(const Connection& connection) noexcept {
  constexpr DWORD kTls13 = 0x0304;
  return (connection.info && (connection.info->dwProtocol & SP_PROT_TLS1_3) != 0) ||
         (connection.cipher && connection.cipher->dwProtocol == kTls13);
}

Secret ExportKeyingMaterial(const UniqueContext& context, DWORD length, const std::string& label,
                            const Bytes* exporter_context) {
  constexpr size_t kLimit = std::numeric_limits<WORD>::max();
  if (label.size() >= kLimit ||
      (exporter_context != nullptr && exporter_context->size() > kLimit)) {
    throw WindowsError(E_INVALIDARG, "exporter label or context is longer than 65535 bytes");
  }
  const SspiHandle& raw = context.get();
  auto* handle = const_cast<PCtxtHandle>(&raw.handle);
  std::string writable_label = label;
  Bytes writable_context = exporter_context == nullptr ? Bytes() : *exporter_context;
  writable_context.push_back(
      0);  // an empty context still needs an address: a null one means "none"

  SecPkgContext_KeyingMaterialInfo request = {};
  request.cbLabel = static_cast<WORD>(label.size() + 1);  // counts the NUL
  request.pszLabel = writable_label.data();
  if (exporter_context != nullptr) {
    request.cbContextValue = static_cast<WORD>(exporter_context->size());
    request.pbContextValue = writable_context.data();
  }
  request.cbKeyingMaterial = length;
  if (raw.sspi->SetContextAttributesW == nullptr) {
    throw WindowsError(SEC_E_UNSUPPORTED_FUNCTION, "SetContextAttributesW(KEYING_MATERIAL_INFO)");
  }
  SECURITY_STATUS status = raw.sspi->SetContextAttributesW(handle, SECPKG_ATTR_KEYING_MATERIAL_INFO,
                                                           &request, sizeof request);
  if (status != SEC_E_OK) {
    throw WindowsError(status, "SetContextAttributesW(KEYING_MATERIAL_INFO)");
  }
  SecPkgContext_KeyingMaterial material = {};
  status = QueryContext(context, SECPKG_ATTR_KEYING_MATERIAL, &material);
  if (status != SEC_E_OK) throw WindowsError(status, "QueryContextAttributesW(KEYING_MATERIAL)");
  const ContextBuffer owner(context, material.pbKeyingMaterial);
  Secret copy(ByteView(material.pbKeyingMaterial, material.cbKeyingMaterial));
  if (material.pbKeyingMaterial != nullptr) {
    SecureZeroMemory(material.pbKeyingMaterial, material.cbKeyingMaterial);
  }
  return copy;
}

}  // namespace schannel
