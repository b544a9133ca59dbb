#include "platform/win.h"

#include "sspi/connection.h"

#include <cstring>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/certificate.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::Connection;
using test::Fixture;
using test::ToBytes;
using test::ToText;

namespace {

// Answers a binding query with Windows' header, then `data`.
std::function<SECURITY_STATUS(void*)> Binding(test::ScriptedSspi& sspi, const std::string& data) {
  return [&sspi, data](void* out) {
    SEC_CHANNEL_BINDINGS header = {};
    header.cbApplicationDataLength = static_cast<ULONG>(data.size());
    header.dwApplicationDataOffset = sizeof header;
    Bytes bytes(sizeof header + data.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, data.data(), data.size());
    *static_cast<SecPkgContext_Bindings*>(out) = {
        static_cast<ULONG>(bytes.size()), static_cast<SEC_CHANNEL_BINDINGS*>(sspi.Allocate(bytes))};
    return SEC_E_OK;
  };
}

Connection Snapshot(Fixture& fixture) {
  const schannel::UniqueContext& context = fixture.context->handle();
  return schannel::QueryConnection(context, schannel::QueryPeerCertificate(context));
}

void SetProtocol(test::ScriptedSspi& sspi, DWORD protocol) {
  sspi.attributes[SECPKG_ATTR_CONNECTION_INFO] = [protocol](void* out) {
    auto& info = *static_cast<SecPkgContext_ConnectionInfo*>(out);
    info = {};
    info.dwProtocol = protocol;
    info.dwCipherStrength = 256;
    return SEC_E_OK;
  };
}

}  // namespace

TEST(attributes_that_are_not_offered_are_absent) {
  Fixture fixture;
  fixture.Open();
  const Connection connection = Snapshot(fixture);
  CHECK_EQUAL(connection.sizes.cbMaximumMessage, ULONG{16384});
  CHECK(!connection.info);
  CHECK(!connection.cipher);
  CHECK(!connection.alpn_protocol);
  CHECK(!connection.resumed);
  CHECK(!connection.tls_unique);
  CHECK(!connection.tls_server_end_point);
  CHECK(connection.peer_certificates.empty());
  fixture.Finish();
}

TEST(cipher_is_asked_for_by_version) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.attributes[SECPKG_ATTR_CIPHER_INFO] = [](void* out) {
    auto& cipher = *static_cast<SecPkgContext_CipherInfo*>(out);
    if (cipher.dwVersion != SECPKGCONTEXT_CIPHERINFO_V1) return SEC_E_UNSUPPORTED_FUNCTION;
    cipher.dwCipherSuite = 0x1302;
    return SEC_E_OK;
  };
  CHECK_EQUAL(Snapshot(fixture).cipher.value().dwCipherSuite, DWORD{0x1302});
  fixture.Finish();
}

TEST(alpn_protocol_is_reported_when_one_was_agreed_on) {
  Fixture fixture;
  fixture.Open();
  SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS status =
      SecApplicationProtocolNegotiationStatus_Success;
  fixture.sspi.attributes[SECPKG_ATTR_APPLICATION_PROTOCOL] = [&status](void* out) {
    auto& alpn = *static_cast<SecPkgContext_ApplicationProtocol*>(out);
    alpn.ProtoNegoStatus = status;
    alpn.ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
    alpn.ProtocolIdSize = 2;
    alpn.ProtocolId[0] = 'h';
    alpn.ProtocolId[1] = '2';
    return SEC_E_OK;
  };
  CHECK_EQUAL(ToText(Snapshot(fixture).alpn_protocol.value()), "h2");
  status = SecApplicationProtocolNegotiationStatus_None;
  CHECK(!Snapshot(fixture).alpn_protocol);
  fixture.Finish();
}

TEST(resumption_is_one_flag_of_the_session) {
  Fixture fixture;
  fixture.Open();
  DWORD flags = SSL_SESSION_RECONNECT;
  fixture.sspi.attributes[SECPKG_ATTR_SESSION_INFO] = [&flags](void* out) {
    static_cast<SecPkgContext_SessionInfo*>(out)->dwFlags = flags;
    return SEC_E_OK;
  };
  CHECK(Snapshot(fixture).resumed.value());
  flags = 0;
  CHECK(!Snapshot(fixture).resumed.value());
  fixture.Finish();
}

TEST(bindings_are_reported_without_their_prefix_and_freed) {
  Fixture fixture;
  fixture.Open();
  SetProtocol(fixture.sspi, SP_PROT_TLS1_2_CLIENT);
  fixture.sspi.attributes[SECPKG_ATTR_UNIQUE_BINDINGS] =
      Binding(fixture.sspi, "tls-unique:finished");
  fixture.sspi.attributes[SECPKG_ATTR_ENDPOINT_BINDINGS] =
      Binding(fixture.sspi, "tls-server-end-point:hash");
  const Connection connection = Snapshot(fixture);
  CHECK_EQUAL(ToText(connection.tls_unique.value()), "finished");
  CHECK_EQUAL(ToText(connection.tls_server_end_point.value()), "hash");
  fixture.Finish();
}

TEST(tls_unique_is_not_asked_for_under_tls_1_3) {
  Fixture fixture;
  fixture.Open();
  SetProtocol(fixture.sspi, SP_PROT_TLS1_3_CLIENT);
  fixture.sspi.attributes[SECPKG_ATTR_UNIQUE_BINDINGS] = Binding(fixture.sspi, "tls-unique:x");
  CHECK(!Snapshot(fixture).tls_unique);
  fixture.Finish();
}

TEST(binding_of_another_kind_or_length_is_absent) {
  Fixture fixture;
  fixture.Open();
  for (const std::string data : {"", "tls-exporter:hash", "tls-server"}) {
    fixture.sspi.attributes[SECPKG_ATTR_ENDPOINT_BINDINGS] = Binding(fixture.sspi, data);
    CHECK(!Snapshot(fixture).tls_server_end_point);
  }
  const auto honest = Binding(fixture.sspi, "tls-server-end-point:hash");
  fixture.sspi.attributes[SECPKG_ATTR_ENDPOINT_BINDINGS] = [honest](void* out) {
    const SECURITY_STATUS status = honest(out);
    static_cast<SecPkgContext_Bindings*>(out)->Bindings->cbApplicationDataLength = 10000;
    return status;
  };
  CHECK(!Snapshot(fixture).tls_server_end_point);
  fixture.Finish();
}

TEST(stapled_response_rides_on_the_certificate_of_the_peer) {
  Fixture fixture;
  fixture.Open();
  const Bytes& der = test::RootCertificate();
  const schannel::UniqueCertificate peer(
      CertCreateCertificateContext(X509_ASN_ENCODING, der.data(), static_cast<DWORD>(der.size())));
  fixture.sspi.attributes[SECPKG_ATTR_REMOTE_CERT_CONTEXT] = [&peer](void* out) {
    *static_cast<PCCERT_CONTEXT*>(out) = CertDuplicateCertificateContext(peer.get());
    return SEC_E_OK;
  };
  CHECK(!Snapshot(fixture).stapled_response);
  Bytes response = ToBytes("response");
  const CRYPT_DATA_BLOB blob = {static_cast<DWORD>(response.size()), response.data()};
  CHECK(CertSetCertificateContextProperty(peer.get(), CERT_OCSP_RESPONSE_PROP_ID, 0, &blob));
  const Connection connection = Snapshot(fixture);
  CHECK_EQUAL(ToText(connection.stapled_response.value()), "response");
  CHECK_EQUAL(connection.peer_certificates.size(), size_t{1});
  fixture.Finish();
}

TEST(exporter_label_counts_its_nul) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.attributes[SECPKG_ATTR_KEYING_MATERIAL] = [&fixture](void* out) {
    *static_cast<SecPkgContext_KeyingMaterial*>(out) = {
        8, static_cast<PBYTE>(fixture.sspi.Allocate(ToBytes("material")))};
    return SEC_E_OK;
  };
  const schannel::UniqueContext& context = fixture.context->handle();
  CHECK_EQUAL(ToText(schannel::ExportKeyingMaterial(context, 8, "EXPORTER-x", nullptr).view()),
              "material");
  CHECK_EQUAL(ToText(fixture.sspi.set_labels.at(0)), std::string("EXPORTER-x") + '\0');
  CHECK(fixture.sspi.set_context_absent);
  const Bytes empty;
  static_cast<void>(schannel::ExportKeyingMaterial(context, 8, "EXPORTER-x", &empty));
  CHECK(!fixture.sspi.set_context_absent);
  const Bytes some = ToBytes("context");
  static_cast<void>(schannel::ExportKeyingMaterial(context, 8, "EXPORTER-x", &some));
  CHECK_EQUAL(ToText(fixture.sspi.set_contexts.at(2)), "context");
  fixture.Finish();
}

TEST(exported_key_is_wiped_before_windows_has_its_memory_back) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.attributes[SECPKG_ATTR_KEYING_MATERIAL] = [&fixture](void* out) {
    *static_cast<SecPkgContext_KeyingMaterial*>(out) = {
        8, static_cast<PBYTE>(fixture.sspi.Allocate(ToBytes("material")))};
    return SEC_E_OK;
  };
  fixture.sspi.freed.clear();
  const schannel::Secret key =
      schannel::ExportKeyingMaterial(fixture.context->handle(), 8, "EXPORTER-x", nullptr);
  CHECK_EQUAL(ToText(key.view()), "material");
  CHECK_EQUAL(fixture.sspi.freed.size(), size_t{1});
  CHECK(fixture.sspi.freed.at(0) == Bytes(8, 0));
  fixture.Finish();
}

TEST(exporter_that_windows_lacks_is_a_failure) {
  Fixture fixture;
  fixture.Open();
  const schannel::UniqueContext& context = fixture.context->handle();
  const Bytes long_context(65536, 'x');
  CHECK_THROWS(schannel::ExportKeyingMaterial(context, 8, "x", &long_context), E_INVALIDARG);
  CHECK_EQUAL(CHECK_THROWS(schannel::ExportKeyingMaterial(context, 8, "x", nullptr),
                           SEC_E_UNSUPPORTED_FUNCTION),
              "QueryContextAttributesW(KEYING_MATERIAL)");
  fixture.Finish();
}
