// When a context asks Windows for what a handshake has settled, and when it does not.
#include "platform/win.h"

#include "handle/handle_counts.h"
#include "sspi/security_context.h"
#include "support/certificate.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::Role;
using schannel::Step;
using schannel::UniqueCertificate;
using test::Fixture;
using test::Record;
using test::ToBytes;

namespace {

// A connection behind its handshake, of one version, whose peer has shown a certificate.
struct Connected : Fixture {
  explicit Connected(DWORD protocol, Role role = Role::kClient)
      : Fixture({L"host.example", 0x1234, {}}, role),
        peer(CertCreateCertificateContext(X509_ASN_ENCODING, test::RootCertificate().data(),
                                          static_cast<DWORD>(test::RootCertificate().size()))) {
    sspi.attributes[SECPKG_ATTR_CONNECTION_INFO] = [protocol](void* out) {
      auto& info = *static_cast<SecPkgContext_ConnectionInfo*>(out);
      info = {};
      info.dwProtocol = protocol;
      return SEC_E_OK;
    };
    sspi.attributes[SECPKG_ATTR_REMOTE_CERT_CONTEXT] = [this](void* out) {
      *static_cast<PCCERT_CONTEXT*>(out) = CertDuplicateCertificateContext(peer.get());
      return SEC_E_OK;
    };
    Open();
    sspi.queries.clear();
  }

  Step Message(const char* text, const char* token = "") {
    sspi.flights = {{SEC_E_OK, token}};
    return context->Handshake({Record(text)});
  }

  UniqueCertificate peer;
};

}  // namespace

TEST(ticket_of_tls_1_3_asks_nothing_again) {
  for (const Role role : {Role::kClient, Role::kServer}) {
    Connected fixture(role == Role::kClient ? SP_PROT_TLS1_3_CLIENT : SP_PROT_TLS1_3_SERVER, role);
    for (int count = 0; count < 3; ++count) {
      const Step step = fixture.Message("ticket or key update", "our key update");
      CHECK_EQUAL(step.status, SEC_E_OK);
      CHECK_EQUAL(test::ToText(step.token), "our key update");
      CHECK(!step.connection);
    }
    CHECK(fixture.sspi.queries.empty());
    CHECK(fixture.context->open());
    fixture.Finish();
  }
}

TEST(tls_1_3_shows_in_either_structure) {
  Fixture fixture;
  fixture.sspi.attributes[SECPKG_ATTR_CIPHER_INFO] = [](void* out) {
    static_cast<SecPkgContext_CipherInfo*>(out)->dwProtocol = 0x0304;
    return SEC_E_OK;
  };
  fixture.Open();
  fixture.sspi.flights = {{SEC_E_OK}};
  CHECK(!fixture.context->Handshake({Record("ticket")}).connection);
  fixture.Finish();
}

TEST(renegotiation_asks_for_everything_again) {
  Connected fixture(SP_PROT_TLS1_2_CLIENT);
  for (size_t count = 1; count <= 2; ++count) {
    CHECK(fixture.Message("finished").connection.has_value());
    CHECK_EQUAL(fixture.sspi.queries[SECPKG_ATTR_STREAM_SIZES], count);
    CHECK_EQUAL(fixture.sspi.queries[SECPKG_ATTR_REMOTE_CERT_CONTEXT], count);
  }
  fixture.Finish();
}

TEST(handshake_that_this_side_began_asks_for_everything_again) {
  Connected fixture(SP_PROT_TLS1_3_SERVER, Role::kServer);
  // SEC_E_OK for the request, then for the client's certificate, and from there on for what comes.
  fixture.sspi.flights = {{SEC_E_OK, "certificate request"}};
  CHECK(fixture.context->Handshake({}).connection.has_value());
  CHECK(fixture.Message("certificate").connection.has_value());
  CHECK(fixture.Message("key update").connection.has_value());
  CHECK_EQUAL(fixture.sspi.queries[SECPKG_ATTR_REMOTE_CERT_CONTEXT], size_t{3});
  fixture.Finish();
}

TEST(certificate_is_at_hand_until_records_are_exchanged) {
  for (const bool encrypts : {true, false}) {
    Connected fixture(SP_PROT_TLS1_3_CLIENT);
    CHECK(fixture.context->PeerCertificate().get() == fixture.peer.get());
    CHECK(fixture.context->PeerCertificate().get() == fixture.peer.get());
    CHECK(fixture.sspi.queries.empty());
    const int32_t held = schannel::LiveHandles(schannel::HandleKind::kCertificate);
    Bytes output(64);
    if (encrypts) {
      static_cast<void>(fixture.context->Encrypt(Bytes(1), {output.data(), output.size()}));
    } else {
      static_cast<void>(fixture.context->Decrypt({}, {output.data(), output.size()}, 5));
    }
    CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCertificate).load(), held - 1);
    CHECK(fixture.context->PeerCertificate().get() == fixture.peer.get());
    CHECK_EQUAL(fixture.sspi.queries[SECPKG_ATTR_REMOTE_CERT_CONTEXT], size_t{1});
    fixture.Finish();
  }
}

TEST(peer_without_a_certificate_is_not_asked_for_one_again) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.queries.clear();
  CHECK(!fixture.context->PeerCertificate());
  CHECK(fixture.sspi.queries.empty());
  fixture.Finish();
}
