// What a finished handshake agreed on.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>
#include <vector>

#include "handle/handles.h"
#include "platform/bytes.h"
#include "platform/secret.h"

namespace schannel {

// One snapshot; an attribute that this Windows does not offer is absent.
struct Connection {
  SecPkgContext_StreamSizes sizes = {};
  std::optional<SecPkgContext_ConnectionInfo> info;
  std::optional<SecPkgContext_CipherInfo> cipher;
  std::optional<Bytes> alpn_protocol;
  std::optional<bool> resumed;
  std::optional<Bytes> tls_unique;            // RFC 5929 §3
  std::optional<Bytes> tls_server_end_point;  // RFC 5929 §4
  std::vector<Bytes> peer_certificates;       // DER, the peer's own first
  std::optional<Bytes> stapled_response;      // OCSP, RFC 6066 §8
};

// `peer` is what QueryPeerCertificate() gives. Throws WindowsError when even the sizes are missing.
[[nodiscard]] Connection QueryConnection(const UniqueContext& context,
                                         const UniqueCertificate& peer);

// The peer's certificate, with the others it sent in hCertStore; empty when it sent none. Windows
// copies it from LSASS. Throws WindowsError without memory for that.
[[nodiscard]] UniqueCertificate QueryPeerCertificate(const UniqueContext& context);

// TLS 1.3, which has no renegotiation: what one handshake agreed on holds for the connection.
[[nodiscard]] bool IsTls13(const Connection& connection) noexcept;

// RFC 5705 / RFC 8446 §7.5. `exporter_context` null is not the same as an empty one. Throws
// WindowsError.
[[nodiscard]] Secret ExportKeyingMaterial(const UniqueContext& context, DWORD length,
                                          const std::string& label, const Bytes* exporter_context);

}  // namespace schannel
