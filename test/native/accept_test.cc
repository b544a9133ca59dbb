// The handshake of a server: what differs from a client's, which handshake_test.cc has.
#include "platform/win.h"

#include <initializer_list>

#include "handle/handle_counts.h"
#include "sspi/alpn.h"
#include "sspi/security_context.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::Role;
using schannel::Step;
using test::Fixture;
using test::Flight;
using test::FlightCall;
using test::ToBytes;
using test::ToText;

namespace {

constexpr DWORD kFlags = ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR | ASC_REQ_MUTUAL_AUTH;

int LiveContexts() { return schannel::LiveHandles(schannel::HandleKind::kContext).load(); }

struct Server : Fixture {
  Server(std::initializer_list<Flight> answers, Bytes alpn = {})
      : Fixture({L"", kFlags, std::move(alpn)}, Role::kServer) {
    sspi.flights = answers;
  }
  [[nodiscard]] const FlightCall& Asked(size_t call) const { return sspi.flight_calls.at(call); }
  [[nodiscard]] std::string Input(size_t call) const { return ToText(Asked(call).input); }
};

}  // namespace

TEST(first_call_has_the_hello_and_makes_a_context) {
  Server server({{SEC_I_CONTINUE_NEEDED, "server hello"}});
  const Step step = server.context->Handshake({ToBytes("client hello")});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(ToText(step.token), "server hello");
  CHECK_EQUAL(step.consumed, size_t{12});
  CHECK_EQUAL(std::string(step.syscall), "AcceptSecurityContext");
  CHECK(server.Asked(0).server);
  CHECK(server.Asked(0).first);
  CHECK_EQUAL(server.Asked(0).flags, ULONG{kFlags});
  CHECK_EQUAL(server.Input(0), "client hello");
  CHECK(server.context->started());
  CHECK_EQUAL(LiveContexts(), 1);
  server.Finish();
  CHECK_EQUAL(LiveContexts(), 0);
}

TEST(last_flight_comes_with_the_end_of_the_handshake) {
  Server server({{SEC_I_CONTINUE_NEEDED, "server hello"}, {SEC_E_OK, "finished"}});
  static_cast<void>(server.context->Handshake({ToBytes("client hello")}));
  const Step step = server.context->Handshake({ToBytes("client finished")});
  CHECK_EQUAL(step.status, SEC_E_OK);
  CHECK_EQUAL(ToText(step.token), "finished");
  CHECK(step.connection.has_value());
  CHECK(server.context->open());
  CHECK(!server.Asked(1).first);
  CHECK_EQUAL(server.Asked(1).flags, ULONG{kFlags});
  server.Finish();
}

TEST(incomplete_hello_makes_no_context_and_goes_in_again_from_its_start) {
  const Bytes alpn = schannel::EncodeAlpn({ToBytes("h2")});
  Server server({{SEC_E_INCOMPLETE_MESSAGE, "", "", 0, true}, {}}, alpn);
  const Step first = server.context->Handshake({ToBytes("hel")});
  CHECK_EQUAL(first.status, SEC_E_INCOMPLETE_MESSAGE);
  CHECK_EQUAL(first.consumed, size_t{0});
  CHECK(!server.context->started());
  CHECK_EQUAL(LiveContexts(), 0);
  const Step second = server.context->Handshake({ToBytes("hello")});
  CHECK_EQUAL(second.consumed, size_t{5});
  CHECK(server.Asked(1).first);
  CHECK_EQUAL(server.Input(1), "hello");
  CHECK(server.Asked(0).alpn == alpn);
  CHECK(server.Asked(1).alpn == alpn);
  server.Finish();
}

TEST(hello_over_several_portions_goes_in_joined) {
  Server server({{SEC_E_INCOMPLETE_MESSAGE}, {SEC_I_CONTINUE_NEEDED, "server hello"}});
  const Step step = server.context->Handshake({ToBytes("client "), ToBytes("hello")});
  CHECK_EQUAL(step.consumed, size_t{12});
  CHECK(server.Asked(1).first);
  CHECK_EQUAL(server.Input(1), "client hello");
  server.Finish();
}

TEST(alpn_is_offered_until_there_is_a_context) {
  const Bytes alpn = schannel::EncodeAlpn({ToBytes("h2"), ToBytes("http/1.1")});
  Server server({{}, {SEC_E_OK}}, alpn);
  static_cast<void>(server.context->Handshake({ToBytes("hello")}));
  static_cast<void>(server.context->Handshake({ToBytes("finished")}));
  CHECK(server.Asked(0).alpn == alpn);
  CHECK(server.Asked(1).alpn.empty());
  server.Finish();
}

TEST(bytes_left_on_the_first_call_go_in_at_once) {
  Server server({{SEC_I_CONTINUE_NEEDED, "retry ", "", 3}, {SEC_I_CONTINUE_NEEDED, "hello"}},
                schannel::EncodeAlpn({ToBytes("h2")}));
  const Step step = server.context->Handshake({ToBytes("hello---")});
  CHECK_EQUAL(server.Input(1), "---");
  CHECK_EQUAL(step.consumed, size_t{8});
  CHECK_EQUAL(ToText(step.token), "retry hello");
  server.Finish();
}

TEST(bytes_left_after_the_client_finished_are_not_consumed) {
  Server server({{}, {SEC_E_OK, "tickets", "", 4}});
  static_cast<void>(server.context->Handshake({ToBytes("hello")}));
  const Step step = server.context->Handshake({ToBytes("finisheddata"), ToBytes("more")});
  CHECK_EQUAL(step.consumed, size_t{8});
  CHECK_EQUAL(ToText(step.token), "tickets");
  server.Finish();
}

TEST(alert_of_a_refused_hello_comes_without_a_context) {
  for (const bool in_token : {true, false}) {
    Server server({in_token ? Flight{SEC_E_ALGORITHM_MISMATCH, "alert"}
                            : Flight{SEC_E_ALGORITHM_MISMATCH, "", "alert"}});
    const Step step = server.context->Handshake({ToBytes("hello"), ToBytes("more")});
    CHECK_EQUAL(step.status, SEC_E_ALGORITHM_MISMATCH);
    CHECK_EQUAL(ToText(step.token), "alert");
    CHECK(!server.context->started());
    CHECK_EQUAL(LiveContexts(), 0);
    CHECK_EQUAL(server.context->Alert(40).status, SEC_E_INVALID_HANDLE);
    server.Finish();
  }
}

TEST(alert_of_a_later_failure_is_sent) {
  Server server({{}, {SEC_E_APPLICATION_PROTOCOL_MISMATCH, "", "alert"}});
  static_cast<void>(server.context->Handshake({ToBytes("hello")}));
  const Step step = server.context->Handshake({ToBytes("x")});
  CHECK_EQUAL(step.status, SEC_E_APPLICATION_PROTOCOL_MISMATCH);
  CHECK_EQUAL(ToText(step.token), "alert");
  server.Finish();
}

TEST(handshake_ends_well_when_the_client_has_no_certificate) {
  for (const SECURITY_STATUS absent : {SEC_E_NO_CREDENTIALS, SEC_E_INTERNAL_ERROR}) {
    Server server({{}, {SEC_E_OK}});
    server.sspi.attributes[SECPKG_ATTR_REMOTE_CERT_CONTEXT] = [absent](void* out) {
      *static_cast<PCCERT_CONTEXT*>(out) = nullptr;
      return absent;
    };
    static_cast<void>(server.context->Handshake({ToBytes("hello")}));
    const Step step = server.context->Handshake({ToBytes("empty certificate")});
    CHECK_EQUAL(step.status, SEC_E_OK);
    CHECK(step.connection.value().peer_certificates.empty());
    server.Finish();
  }
}

TEST(message_behind_renegotiate_goes_in_with_the_same_context) {
  Server server({});
  server.Open();
  server.sspi.flights = {{SEC_E_OK, "key update"}};
  server.sspi.sizes = {5, 17, 1000};
  const Step step = server.context->Handshake({ToBytes("update requested")});
  CHECK_EQUAL(step.status, SEC_E_OK);
  CHECK_EQUAL(ToText(step.token), "key update");
  CHECK_EQUAL(step.connection.value().sizes.cbMaximumMessage, ULONG{1000});
  CHECK(!server.sspi.flight_calls.back().first);
  CHECK(server.sspi.flight_calls.back().server);
  server.Finish();
}

TEST(wish_to_renegotiate_has_an_empty_input) {
  Server server({});
  server.Open();
  server.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "hello request"}};
  const Step step = server.context->Handshake({});
  CHECK_EQUAL(ToText(step.token), "hello request");
  const FlightCall& call = server.sspi.flight_calls.back();
  CHECK(!call.first);
  CHECK(call.has_input);
  CHECK(call.input.empty());
  server.Finish();
}

TEST(certificate_can_be_asked_for_later) {
  Server server({});
  server.Open();
  server.context->SetRequestFlags(ASC_REQ_STREAM);
  server.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "certificate request"}, {SEC_E_OK}};
  static_cast<void>(server.context->Handshake({}));
  const Step step = server.context->Handshake({ToBytes("certificate")});
  CHECK_EQUAL(step.status, SEC_E_OK);
  for (const size_t call : {size_t{2}, size_t{3}}) {
    CHECK_EQUAL(server.Asked(call).flags, ULONG{ASC_REQ_STREAM});
  }
  server.Finish();
}

TEST(shutdown_and_alert_are_made_by_accept) {
  Server server({});
  server.Open();
  server.sspi.flights = {{SEC_I_CONTEXT_EXPIRED, "close_notify"}, {SEC_E_OK, "alert"}};
  const Step shutdown = server.context->Shutdown();
  CHECK_EQUAL(ToText(shutdown.token), "close_notify");
  CHECK_EQUAL(std::string(shutdown.syscall), "AcceptSecurityContext");
  CHECK_EQUAL(ToText(server.context->Alert(116).token), "alert");
  for (const size_t call : {size_t{2}, size_t{3}}) {
    CHECK(server.Asked(call).server);
    CHECK(!server.Asked(call).has_input);
    CHECK_EQUAL(server.Asked(call).flags, ULONG{kFlags});
  }
  CHECK(server.sspi.control_tokens.at(0) == Bytes({1, 0, 0, 0}));
  CHECK(server.sspi.control_tokens.at(1) == Bytes({2, 0, 0, 0, 2, 0, 0, 0, 116, 0, 0, 0}));
  server.Finish();
}

TEST(request_for_credentials_is_no_business_of_a_server) {
  Server server({{SEC_I_INCOMPLETE_CREDENTIALS}});
  CHECK_EQUAL(server.context->Handshake({ToBytes("hello")}).status, SEC_I_INCOMPLETE_CREDENTIALS);
  CHECK_EQUAL(server.sspi.flight_calls.size(), size_t{1});
  server.Finish();
}

TEST(every_other_status_ends_the_trip_of_a_server) {
  const SECURITY_STATUS statuses[] = {SEC_I_NO_RENEGOTIATION,
                                      SEC_I_MESSAGE_FRAGMENT,
                                      SEC_I_CONTEXT_EXPIRED,
                                      SEC_E_INVALID_TOKEN,
                                      SEC_E_ILLEGAL_MESSAGE,
                                      SEC_E_UNSUPPORTED_FUNCTION,
                                      SEC_E_CERT_UNKNOWN,
                                      SEC_E_INTERNAL_ERROR,
                                      SEC_E_INSUFFICIENT_MEMORY,
                                      SEC_E_NO_CREDENTIALS,
                                      SEC_E_MESSAGE_ALTERED,
                                      SEC_E_UNTRUSTED_ROOT,
                                      SEC_E_OUT_OF_SEQUENCE,
                                      SEC_E_DECRYPT_FAILURE,
                                      SEC_E_ALGORITHM_MISMATCH,
                                      SEC_E_LOGON_DENIED,
                                      SEC_E_UNFINISHED_CONTEXT_DELETED};
  for (const SECURITY_STATUS status : statuses) {
    Server server({{}, {status, "bytes"}});
    static_cast<void>(server.context->Handshake({ToBytes("hello")}));
    const Step step = server.context->Handshake({ToBytes("one"), ToBytes("two")});
    CHECK_EQUAL(step.status, status);
    CHECK_EQUAL(ToText(step.token), "bytes");
    CHECK(!step.connection);
    CHECK(!server.context->open());
    server.Finish();
  }
}
