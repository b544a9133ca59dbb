#include "platform/win.h"

#include <deque>
#include <initializer_list>
#include <utility>

#include "handle/handle_counts.h"
#include "sspi/alpn.h"
#include "sspi/security_context.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::Step;
using test::Fixture;
using test::Flight;
using test::ScriptedSspi;
using test::ToBytes;
using test::ToText;

namespace {

int LiveContexts() { return schannel::LiveHandles(schannel::HandleKind::kContext).load(); }

// A context that has sent its hello.
struct Started : Fixture {
  Started(std::initializer_list<Flight> answers,
          schannel::ContextOptions options = {L"host.example", 0x1234, {}})
      : Fixture(std::move(options)) {
    sspi.flights = {{SEC_I_CONTINUE_NEEDED, "hello"}};
    static_cast<void>(context->Handshake({}));
    sspi.flights = answers;
  }
  [[nodiscard]] std::string Input(size_t call) const {
    return ToText(sspi.flight_calls.at(call).input);
  }
};

}  // namespace

TEST(first_call_has_no_input_and_makes_a_context) {
  Fixture fixture;
  fixture.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "hello"}};
  const Step step = fixture.context->Handshake({});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(ToText(step.token), "hello");
  CHECK_EQUAL(std::string(step.syscall), "InitializeSecurityContextW");
  CHECK(!step.connection);
  const test::FlightCall& call = fixture.sspi.flight_calls.at(0);
  CHECK(call.first);
  CHECK(!call.has_input);
  CHECK(call.target == L"host.example");
  CHECK_EQUAL(call.flags, ULONG{0x1234});
  CHECK(fixture.context->started());
  CHECK_EQUAL(LiveContexts(), 1);
  fixture.Finish();
  CHECK_EQUAL(LiveContexts(), 0);
}

TEST(alpn_is_offered_on_the_first_call_only) {
  const Bytes alpn = schannel::EncodeAlpn({ToBytes("h2")});
  Fixture fixture({L"host.example", 0, alpn});
  fixture.sspi.flights = {{}, {SEC_E_OK}};
  static_cast<void>(fixture.context->Handshake({}));
  static_cast<void>(fixture.context->Handshake({ToBytes("flight")}));
  CHECK(fixture.sspi.flight_calls.at(0).input == alpn);
  CHECK_EQUAL(ToText(fixture.sspi.flight_calls.at(1).input), "flight");
  fixture.Finish();
}

TEST(empty_target_name_is_no_name) {
  Fixture fixture({L"", 0, {}});
  fixture.sspi.flights = {{}};
  static_cast<void>(fixture.context->Handshake({}));
  CHECK(fixture.sspi.flight_calls.at(0).target.empty());
  fixture.Finish();
}

TEST(client_that_resumes_nothing_sends_the_hello_of_a_second_context) {
  Fixture fixture({L"host.example", 0x1234, schannel::EncodeAlpn({ToBytes("h2")}), false});
  fixture.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "names a session"},
                          {SEC_I_CONTINUE_NEEDED, "hello"}};
  const Step step = fixture.context->Handshake({});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(ToText(step.token), "hello");
  CHECK_EQUAL(fixture.sspi.flight_calls.size(), size_t{2});
  CHECK(fixture.sspi.flight_calls.at(1).first);
  CHECK(fixture.sspi.flight_calls.at(1).input == fixture.sspi.flight_calls.at(0).input);
  // Once for the session that may be there, once for the one that this context makes.
  const SCHANNEL_SESSION_TOKEN token = {SCHANNEL_SESSION, SSL_SESSION_DISABLE_RECONNECTS};
  const auto* bytes = reinterpret_cast<const uint8_t*>(&token);
  const Bytes expected(bytes, bytes + sizeof token);
  CHECK(fixture.sspi.control_tokens == (std::vector<Bytes>{expected, expected}));
  CHECK_EQUAL(LiveContexts(), 1);
  // Later steps go on with the second context, whatever they are given.
  fixture.sspi.flights = {{SEC_E_OK, "finished"}};
  CHECK_EQUAL(fixture.context->Handshake({ToBytes("flight")}).status, SEC_E_OK);
  fixture.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "again"}};
  CHECK_EQUAL(ToText(fixture.context->Handshake({}).token), "again");
  CHECK_EQUAL(fixture.sspi.control_tokens.size(), size_t{2});
  fixture.Finish();
}

TEST(client_that_must_not_resume_sends_no_hello_when_windows_will_not_promise) {
  for (const std::deque<SECURITY_STATUS>& answers :
       {std::deque<SECURITY_STATUS>{SEC_E_UNSUPPORTED_FUNCTION},
        std::deque<SECURITY_STATUS>{SEC_E_OK, SEC_E_UNSUPPORTED_FUNCTION}}) {
    Fixture fixture({L"host.example", 0, {}, false});
    fixture.sspi.flights.assign(answers.size(), {SEC_I_CONTINUE_NEEDED, "hello"});
    fixture.sspi.controlled = answers;
    const Step step = fixture.context->Handshake({});
    CHECK_EQUAL(step.status, SEC_E_UNSUPPORTED_FUNCTION);
    CHECK_EQUAL(std::string(step.syscall), "ApplyControlToken");
    CHECK(step.token.empty());
    fixture.Finish();
  }
}

TEST(client_that_resumes_asks_for_nothing_else) {
  Fixture fixture;
  fixture.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "hello"}};
  static_cast<void>(fixture.context->Handshake({}));
  CHECK(fixture.sspi.control_tokens.empty());
  fixture.Finish();
}

TEST(bytes_left_between_flights_go_in_at_once) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "", "", 4}, {SEC_I_CONTINUE_NEEDED, "reply"}});
  const Step step = fixture.context->Handshake({ToBytes("onetwo--")});
  CHECK_EQUAL(fixture.Input(1), "onetwo--");
  CHECK_EQUAL(fixture.Input(2), "wo--");
  CHECK_EQUAL(step.consumed, size_t{8});
  CHECK_EQUAL(ToText(step.token), "reply");
  fixture.Finish();
}

TEST(portions_go_in_one_after_the_other_and_tokens_add_up) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "a"}, {SEC_I_CONTINUE_NEEDED}, {SEC_E_OK, "b"}});
  const Step step = fixture.context->Handshake({ToBytes("one"), ToBytes("two"), ToBytes("three")});
  CHECK_EQUAL(fixture.Input(3), "three");
  CHECK_EQUAL(step.status, SEC_E_OK);
  CHECK_EQUAL(step.consumed, size_t{11});
  CHECK_EQUAL(ToText(step.token), "ab");
  CHECK(step.connection.has_value());
  fixture.Finish();
}

TEST(bytes_left_after_the_handshake_are_not_consumed) {
  Started fixture({{SEC_E_OK, "fin", "", 5}});
  const Step step = fixture.context->Handshake({ToBytes("serverhello"), ToBytes("data")});
  CHECK_EQUAL(step.status, SEC_E_OK);
  CHECK_EQUAL(step.consumed, size_t{6});
  CHECK_EQUAL(ToText(step.token), "fin");
  CHECK(fixture.context->open());
  fixture.Finish();
}

TEST(incomplete_message_consumes_nothing) {
  for (const bool missing : {false, true}) {
    Started fixture({{SEC_E_INCOMPLETE_MESSAGE, "", "", 0, missing}});
    const Step step = fixture.context->Handshake({ToBytes("half")});
    CHECK_EQUAL(step.status, SEC_E_INCOMPLETE_MESSAGE);
    CHECK_EQUAL(step.consumed, size_t{0});
    CHECK(step.token.empty());
    CHECK(fixture.context->started());
    fixture.Finish();
  }
}

TEST(incomplete_message_is_tried_again_with_the_next_portion) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "", "", 2},
                   {SEC_E_INCOMPLETE_MESSAGE, "", "", 0, true},
                   {SEC_E_INCOMPLETE_MESSAGE},
                   {SEC_E_OK, "", "", 1}});
  const Step step = fixture.context->Handshake({ToBytes("abcd"), ToBytes("ef"), ToBytes("gh")});
  CHECK_EQUAL(fixture.Input(2), "cd");
  CHECK_EQUAL(fixture.Input(3), "cdef");
  CHECK_EQUAL(fixture.Input(4), "cdefgh");
  CHECK_EQUAL(step.consumed, size_t{7});
  fixture.Finish();
}

TEST(bytes_before_an_incomplete_message_stay_consumed) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "x"}, {SEC_E_INCOMPLETE_MESSAGE}});
  const Step step = fixture.context->Handshake({ToBytes("whole"), ToBytes("hal")});
  CHECK_EQUAL(step.status, SEC_E_INCOMPLETE_MESSAGE);
  CHECK_EQUAL(step.consumed, size_t{5});
  CHECK_EQUAL(ToText(step.token), "x");
  fixture.Finish();
}

TEST(input_that_makes_no_progress_ends_the_trip) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "", "", 4}});
  const Step step = fixture.context->Handshake({ToBytes("same"), ToBytes("more")});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(step.consumed, size_t{0});
  fixture.Finish();
}

TEST(request_for_a_certificate_is_answered_with_none) {
  const ULONG supplied = 0x1234 | ISC_REQ_USE_SUPPLIED_CREDS;
  Started fixture({{SEC_I_INCOMPLETE_CREDENTIALS}, {SEC_I_CONTINUE_NEEDED, "nocert"}},
                  {L"host.example", supplied, {}});
  const Step step = fixture.context->Handshake({ToBytes("certificate request")});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(ToText(step.token), "nocert");
  CHECK_EQUAL(step.consumed, size_t{19});
  CHECK_EQUAL(fixture.Input(1), fixture.Input(2));
  CHECK_EQUAL(fixture.sspi.flight_calls.at(2).flags, supplied);
  fixture.Finish();
}

TEST(second_request_for_a_certificate_ends_the_trip) {
  Started fixture({{SEC_I_INCOMPLETE_CREDENTIALS}, {SEC_I_INCOMPLETE_CREDENTIALS}},
                  {L"host.example", 0x1234 | ISC_REQ_USE_SUPPLIED_CREDS, {}});
  const Step step = fixture.context->Handshake({ToBytes("request"), ToBytes("more")});
  CHECK_EQUAL(step.status, SEC_I_INCOMPLETE_CREDENTIALS);
  fixture.Finish();
}

namespace {

// SECPKG_ATTR_ISSUER_LIST_EX with these names.
void AnswerIssuers(ScriptedSspi& sspi, const std::vector<std::string>& names) {
  sspi.attributes[SECPKG_ATTR_ISSUER_LIST_EX] = [&sspi, names](void* out) {
    // One allocation, as Windows makes it: the structures, the bytes behind them.
    std::string bytes(names.size() * sizeof(CERT_NAME_BLOB), '\0');
    for (const std::string& name : names) bytes += name;
    auto* const list = static_cast<CERT_NAME_BLOB*>(sspi.Allocate(ToBytes(bytes)));
    BYTE* data = reinterpret_cast<BYTE*>(list + names.size());
    for (size_t index = 0; index < names.size(); ++index) {
      list[index] = {static_cast<DWORD>(names[index].size()), data};
      data += names[index].size();
    }
    *static_cast<SecPkgContext_IssuerListInfoEx*>(out) = {list, static_cast<DWORD>(names.size())};
    return SEC_E_OK;
  };
}

}  // namespace

TEST(request_for_a_certificate_is_told_to_whoever_chooses) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "a"}, {SEC_I_INCOMPLETE_CREDENTIALS}});
  AnswerIssuers(fixture.sspi, {"first name", "second"});
  const Step step =
      fixture.context->Handshake({ToBytes("hello"), ToBytes("request"), ToBytes("z")});
  CHECK_EQUAL(step.status, SEC_I_INCOMPLETE_CREDENTIALS);
  CHECK_EQUAL(ToText(step.token), "a");
  CHECK_EQUAL(step.consumed, size_t{5});
  CHECK(step.issuers.has_value());
  CHECK_EQUAL(step.issuers->size(), size_t{2});
  CHECK_EQUAL(ToText(step.issuers->at(0)), "first name");
  CHECK_EQUAL(ToText(step.issuers->at(1)), "second");
  fixture.Finish();
}

TEST(server_that_names_no_issuer_accepts_any) {
  Started fixture({{SEC_I_INCOMPLETE_CREDENTIALS}});
  fixture.sspi.attributes[SECPKG_ATTR_ISSUER_LIST_EX] = [](void* out) {
    *static_cast<SecPkgContext_IssuerListInfoEx*>(out) = {nullptr, 0};
    return SEC_E_OK;
  };
  const Step step = fixture.context->Handshake({ToBytes("request")});
  CHECK(step.issuers.has_value());
  CHECK(step.issuers->empty());
  fixture.Finish();
}

TEST(provider_that_has_no_issuer_list_tells_nothing) {
  Started fixture({{SEC_I_INCOMPLETE_CREDENTIALS}});
  CHECK(!fixture.context->Handshake({ToBytes("request")}).issuers.has_value());
  fixture.Finish();
}

TEST(chosen_credential_is_shown_with_the_same_bytes) {
  Started fixture(
      {{SEC_I_INCOMPLETE_CREDENTIALS}, {SEC_I_CONTINUE_NEEDED, "certificate"}, {SEC_E_OK}});
  CHECK_EQUAL(fixture.context->Handshake({ToBytes("request")}).consumed, size_t{0});
  auto chosen = std::make_shared<const schannel::Credential>(fixture.sspi.table(),
                                                             schannel::CredentialOptions{});
  const ULONG_PTR handle = chosen->handle()->dwLower;
  fixture.context->SetCredential(std::move(chosen));
  const Step step = fixture.context->Handshake({ToBytes("request")});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(ToText(step.token), "certificate");
  CHECK_EQUAL(step.consumed, size_t{7});
  CHECK_EQUAL(fixture.Input(1), fixture.Input(2));
  CHECK(fixture.sspi.flight_calls.at(1).credential != handle);
  CHECK_EQUAL(fixture.sspi.flight_calls.at(2).credential, handle);
  CHECK_EQUAL(fixture.sspi.flight_calls.at(2).flags, ULONG{0x1234 | ISC_REQ_USE_SUPPLIED_CREDS});
  CHECK_EQUAL(fixture.context->Handshake({ToBytes("finished")}).status, SEC_E_OK);
  CHECK_EQUAL(fixture.sspi.flight_calls.at(3).credential, handle);
  // The context was made with the first one: both have to last as long as it does.
  CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCredential).load(), 2);
  fixture.Finish();
  CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCredential).load(), 0);
}

TEST(choice_of_none_goes_on_without) {
  Started fixture({{SEC_I_INCOMPLETE_CREDENTIALS}, {SEC_I_CONTINUE_NEEDED, "nocert"}});
  static_cast<void>(fixture.context->Handshake({ToBytes("request")}));
  fixture.context->SetCredential(nullptr);
  const Step step = fixture.context->Handshake({ToBytes("request")});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(fixture.sspi.flight_calls.at(2).credential,
              fixture.sspi.flight_calls.at(1).credential);
  CHECK_EQUAL(fixture.sspi.flight_calls.at(2).flags, ULONG{0x1234 | ISC_REQ_USE_SUPPLIED_CREDS});
  fixture.Finish();
}

TEST(request_after_the_choice_is_final) {
  Started fixture({{SEC_I_INCOMPLETE_CREDENTIALS},
                   {SEC_I_INCOMPLETE_CREDENTIALS},
                   {SEC_I_INCOMPLETE_CREDENTIALS}});
  static_cast<void>(fixture.context->Handshake({ToBytes("request")}));
  fixture.context->SetCredential(nullptr);
  CHECK_EQUAL(fixture.context->Handshake({ToBytes("request")}).status,
              SEC_I_INCOMPLETE_CREDENTIALS);
  fixture.Finish();
}

TEST(complete_needed_is_completed) {
  Started fixture({{SEC_I_COMPLETE_AND_CONTINUE, "a"}, {SEC_I_COMPLETE_NEEDED, "b"}});
  const Step step = fixture.context->Handshake({ToBytes("one"), ToBytes("two")});
  CHECK_EQUAL(step.status, SEC_E_OK);
  CHECK_EQUAL(ToText(step.token), "ab");
  CHECK_EQUAL(fixture.sspi.complete_calls, size_t{2});
  CHECK(step.connection.has_value());
  fixture.Finish();
}

TEST(complete_that_fails_names_its_function) {
  Started fixture({{SEC_I_COMPLETE_NEEDED}});
  fixture.sspi.completed = {SEC_E_INVALID_TOKEN};
  const Step step = fixture.context->Handshake({ToBytes("one")});
  CHECK_EQUAL(step.status, SEC_E_INVALID_TOKEN);
  CHECK_EQUAL(std::string(step.syscall), "CompleteAuthToken");
  fixture.Finish();
}

TEST(alert_of_a_failure_comes_from_the_token_buffer) {
  Started fixture({{SEC_E_ALGORITHM_MISMATCH, "token alert", "other"}});
  const Step step = fixture.context->Handshake({ToBytes("x")});
  CHECK_EQUAL(ToText(step.token), "token alert");
  fixture.Finish();
}

TEST(alert_buffer_is_left_alone_without_a_failure) {
  Started fixture({{SEC_I_CONTINUE_NEEDED, "", "alert"}});
  CHECK(fixture.context->Handshake({ToBytes("x")}).token.empty());
  fixture.Finish();
}

TEST(alert_of_a_failed_first_call_is_returned_and_freed) {
  Fixture fixture;
  fixture.sspi.flights = {{SEC_E_UNSUPPORTED_FUNCTION, "", "alert"}};
  CHECK_EQUAL(ToText(fixture.context->Handshake({}).token), "alert");
  fixture.Finish();
}

TEST(every_other_status_ends_the_trip_and_is_reported) {
  const SECURITY_STATUS statuses[] = {SEC_I_MESSAGE_FRAGMENT,
                                      SEC_I_NO_RENEGOTIATION,
                                      SEC_I_CONTINUE_NEEDED_MESSAGE_OK,
                                      SEC_I_GENERIC_EXTENSION_RECEIVED,
                                      SEC_I_ASYNC_CALL_PENDING,
                                      SEC_I_CONTEXT_EXPIRED,
                                      SEC_I_RENEGOTIATE,
                                      SEC_E_INVALID_TOKEN,
                                      SEC_E_ILLEGAL_MESSAGE,
                                      SEC_E_ALGORITHM_MISMATCH,
                                      SEC_E_UNSUPPORTED_FUNCTION,
                                      SEC_E_WRONG_PRINCIPAL,
                                      SEC_E_UNTRUSTED_ROOT,
                                      SEC_E_CERT_EXPIRED,
                                      SEC_E_CERT_UNKNOWN,
                                      SEC_E_INTERNAL_ERROR,
                                      SEC_E_APPLICATION_PROTOCOL_MISMATCH,
                                      SEC_E_MESSAGE_ALTERED,
                                      SEC_E_DECRYPT_FAILURE,
                                      SEC_E_OUT_OF_SEQUENCE,
                                      SEC_E_CONTEXT_EXPIRED,
                                      SEC_E_INVALID_HANDLE};
  for (const SECURITY_STATUS status : statuses) {
    Started fixture({{status, "bytes"}});
    const Step step = fixture.context->Handshake({ToBytes("one"), ToBytes("two")});
    CHECK_EQUAL(step.status, status);
    CHECK_EQUAL(ToText(step.token), "bytes");
    CHECK(!step.connection);
    CHECK(!fixture.context->open());
    fixture.Finish();
  }
}

TEST(renegotiation_without_a_token_has_an_empty_input) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.flights = {{SEC_I_CONTINUE_NEEDED, "client hello"}};
  const Step step = fixture.context->Handshake({});
  CHECK_EQUAL(ToText(step.token), "client hello");
  const test::FlightCall& call = fixture.sspi.flight_calls.back();
  CHECK(!call.first);
  CHECK(call.has_input);
  CHECK(call.input.empty());
  fixture.Finish();
}

TEST(renegotiation_that_an_empty_token_does_not_begin_has_no_input) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.flights = {{SEC_E_INCOMPLETE_MESSAGE}, {SEC_I_CONTINUE_NEEDED, "client hello"}};
  const Step step = fixture.context->Handshake({});
  CHECK_EQUAL(step.status, SEC_I_CONTINUE_NEEDED);
  CHECK_EQUAL(ToText(step.token), "client hello");
  CHECK(!fixture.sspi.flight_calls.back().has_input);
  fixture.Finish();
}

TEST(sizes_are_asked_again_after_a_renegotiation) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.sizes = {13, 16, 1000};
  fixture.sspi.flights = {{SEC_E_OK}};
  const Step step = fixture.context->Handshake({ToBytes("ticket")});
  CHECK_EQUAL(step.connection.value().sizes.cbMaximumMessage, ULONG{1000});
  CHECK_EQUAL(fixture.context->sizes().cbHeader, ULONG{13});
  fixture.Finish();
}

TEST(handshake_without_sizes_fails) {
  Started fixture({{SEC_E_OK, "finished"}});
  fixture.sspi.attributes.erase(SECPKG_ATTR_STREAM_SIZES);
  const Step step = fixture.context->Handshake({ToBytes("x")});
  CHECK_EQUAL(step.status, SEC_E_UNSUPPORTED_FUNCTION);
  CHECK_EQUAL(std::string(step.syscall), "QueryContextAttributesW(STREAM_SIZES)");
  CHECK_EQUAL(ToText(step.token), "finished");
  CHECK(!fixture.context->open());
  fixture.Finish();
}

TEST(shutdown_announces_and_asks_without_input) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.flights = {{SEC_I_CONTEXT_EXPIRED, "close_notify"}};
  const Step step = fixture.context->Shutdown();
  CHECK_EQUAL(step.status, SEC_I_CONTEXT_EXPIRED);
  CHECK_EQUAL(ToText(step.token), "close_notify");
  CHECK(!step.connection);
  CHECK(!fixture.sspi.flight_calls.back().has_input);
  CHECK(fixture.sspi.control_tokens.at(0) == Bytes({1, 0, 0, 0}));
  fixture.Finish();
}

TEST(alert_is_fatal_and_numbered) {
  Started fixture({{SEC_E_OK, "alert"}});
  const Step step = fixture.context->Alert(48);
  CHECK_EQUAL(step.status, SEC_E_OK);
  CHECK_EQUAL(ToText(step.token), "alert");
  CHECK(!step.connection);
  CHECK(fixture.sspi.control_tokens.at(0) == Bytes({2, 0, 0, 0, 2, 0, 0, 0, 48, 0, 0, 0}));
  fixture.Finish();
}

TEST(control_token_that_is_refused_ends_there) {
  Started fixture{};
  fixture.sspi.controlled = {SEC_E_UNSUPPORTED_FUNCTION};
  const Step step = fixture.context->Alert(116);
  CHECK_EQUAL(step.status, SEC_E_UNSUPPORTED_FUNCTION);
  CHECK_EQUAL(std::string(step.syscall), "ApplyControlToken");
  fixture.Finish();
}

TEST(shutdown_before_the_first_call_is_no_call) {
  Fixture fixture;
  CHECK_EQUAL(fixture.context->Shutdown().status, SEC_E_INVALID_HANDLE);
  fixture.Finish();
}

TEST(context_keeps_its_credential_alive) {
  Fixture fixture;
  fixture.sspi.flights = {{}};
  static_cast<void>(fixture.context->Handshake({}));
  fixture.credential.reset();
  CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCredential).load(), 1);
  fixture.Finish();
  CHECK_EQUAL(schannel::LiveHandles(schannel::HandleKind::kCredential).load(), 0);
}
