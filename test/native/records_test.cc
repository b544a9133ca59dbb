#include "platform/win.h"

#include <algorithm>
#include <string>

#include "sspi/security_context.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::Transfer;
using test::Fixture;
using test::Join;
using test::Opened;
using test::Record;
using test::ToBytes;
using test::ToText;

namespace {

constexpr size_t kNoRoom = 0;

// Decrypts into an array in which `room` bytes lie before the plaintext, and checks that they are
// unharmed.
struct Decrypted {
  Transfer transfer;
  std::string plaintext;
  std::string extra;
};

Decrypted Decrypt(Fixture& fixture, const Bytes& input, size_t room) {
  Bytes output(room + input.size(), 0xee);
  for (size_t index = 0; index < room; ++index) output[index] = static_cast<uint8_t>(index);
  const Bytes before = input;
  Decrypted decrypted;
  decrypted.transfer = fixture.context->Decrypt(input, {output.data(), output.size()}, room);
  CHECK(input == before);
  for (size_t index = 0; index < room; ++index) CHECK(output[index] == index);
  const auto start = output.begin() + static_cast<std::ptrdiff_t>(room);
  const auto end = start + static_cast<std::ptrdiff_t>(decrypted.transfer.written);
  decrypted.plaintext.assign(start, end);
  decrypted.extra.assign(end, end + static_cast<std::ptrdiff_t>(decrypted.transfer.extra));
  return decrypted;
}

// A record whose body has room for header, plaintext and trailer.
Bytes Sealed(const std::string& plaintext, size_t header) {
  return Record(std::string(header - 5, 'n') + plaintext + "0123456789abcdef");
}

}  // namespace

TEST(records_decrypt_without_gaps_for_every_header_size) {
  for (const size_t header : {size_t{5}, size_t{13}, size_t{21}}) {
    for (const size_t room : {kNoRoom, size_t{3}, size_t{5}, header, size_t{100}}) {
      for (const ULONG announced : {ULONG{5}, static_cast<ULONG>(header), ULONG{21}}) {
        Fixture fixture;
        fixture.sspi.sizes.header = announced;
        fixture.Open();
        fixture.sspi.opened = {{SEC_E_OK, "first", header},
                               {SEC_E_OK, "", header},
                               {SEC_E_OK, "the second one, which is longer", header},
                               {SEC_E_OK, "3", header}};
        const Bytes input =
            Join({Sealed("first", header), Sealed("", header),
                  Sealed("the second one, which is longer", header), Sealed("3", header)});
        const Decrypted decrypted = Decrypt(fixture, input, room);
        CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
        CHECK_EQUAL(decrypted.plaintext, "firstthe second one, which is longer3");
        CHECK_EQUAL(decrypted.transfer.consumed, input.size());
        fixture.Finish();
      }
    }
  }
}

TEST(records_decrypt_in_place) {
  for (const size_t header : {size_t{5}, size_t{13}, size_t{21}}) {
    for (const ULONG announced : {ULONG{5}, static_cast<ULONG>(header), ULONG{21}}) {
      Fixture fixture;
      fixture.sspi.sizes.header = announced;
      fixture.Open();
      fixture.sspi.opened = {{SEC_E_OK, "first", header},
                             {SEC_E_OK, "the second one, which is longer", header},
                             {SEC_E_OK, "3", header}};
      Bytes memory = Join({Sealed("first", header),
                           Sealed("the second one, which is longer", header), Sealed("3", header)});
      const size_t size = memory.size();
      const Transfer transfer = fixture.context->Decrypt(schannel::ByteView(memory.data(), size),
                                                         {memory.data(), size}, announced);
      CHECK_EQUAL(transfer.status, SEC_E_OK);
      CHECK_EQUAL(transfer.consumed, size);
      const auto start = memory.begin() + static_cast<std::ptrdiff_t>(announced);
      CHECK_EQUAL(std::string(start, start + static_cast<std::ptrdiff_t>(transfer.written)),
                  "firstthe second one, which is longer3");
      fixture.Finish();
    }
  }
}

TEST(partial_record_stays_in_the_input) {
  const Bytes whole = Sealed("data", 5);
  for (size_t count = 0; count < whole.size(); ++count) {
    Fixture fixture;
    fixture.Open();
    fixture.sspi.opened = {{SEC_E_OK, "data"}};
    Bytes input = whole;
    input.insert(input.end(), whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(count));
    const Decrypted decrypted = Decrypt(fixture, input, kNoRoom);
    CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
    CHECK_EQUAL(decrypted.transfer.consumed, whole.size());
    CHECK_EQUAL(decrypted.plaintext, "data");
    fixture.Finish();
  }
}

TEST(input_without_a_whole_record_is_no_call) {
  Fixture fixture;
  fixture.Open();
  const Decrypted decrypted = Decrypt(fixture, {23, 3, 3, 0}, kNoRoom);
  CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
  CHECK_EQUAL(decrypted.transfer.consumed, size_t{0});
  CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
  fixture.Finish();
}

TEST(record_without_a_body_is_a_whole_record) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.opened = {{SEC_E_OK, ""}};
  CHECK_EQUAL(Decrypt(fixture, Record(""), kNoRoom).transfer.consumed, size_t{5});
  fixture.Finish();
}

TEST(renegotiation_hands_its_message_behind_the_plaintext) {
  const Bytes ticket = Record("a new session ticket");
  for (const bool pointer : {true, false}) {
    for (const size_t room : {kNoRoom, size_t{5}}) {
      Fixture fixture;
      fixture.Open();
      Opened answer;
      answer.status = SEC_I_RENEGOTIATE;
      answer.extra = ticket.size();
      answer.extra_pointer = pointer;
      fixture.sspi.opened = {{SEC_E_OK, "data"}, answer};
      const Bytes input = Join({Sealed("data", 5), ticket, Sealed("later", 5)});
      const Decrypted decrypted = Decrypt(fixture, input, room);
      CHECK_EQUAL(decrypted.transfer.status, SEC_I_RENEGOTIATE);
      CHECK_EQUAL(decrypted.plaintext, "data");
      CHECK_EQUAL(decrypted.transfer.consumed, input.size() - Sealed("later", 5).size());
      CHECK_EQUAL(decrypted.transfer.extra, ticket.size());
      fixture.Finish();
    }
  }
}

TEST(renegotiation_message_keeps_its_bytes) {
  Fixture fixture;
  fixture.Open();
  Opened answer;
  answer.status = SEC_I_RENEGOTIATE;
  answer.plaintext = "data";
  answer.extra = 6;
  fixture.sspi.opened = {answer};
  const Decrypted decrypted = Decrypt(fixture, Record("0123456789ticket"), size_t{5});
  CHECK_EQUAL(decrypted.plaintext, "data");
  CHECK_EQUAL(decrypted.extra, "ticket");
  fixture.Finish();
}

TEST(renegotiation_without_a_message_has_no_extra) {
  Fixture fixture;
  fixture.Open();
  fixture.sspi.opened = {{SEC_I_RENEGOTIATE}};
  const Bytes request = Record("hello request", 22);
  const Decrypted decrypted = Decrypt(fixture, request, kNoRoom);
  CHECK_EQUAL(decrypted.transfer.status, SEC_I_RENEGOTIATE);
  CHECK_EQUAL(decrypted.transfer.consumed, request.size());
  CHECK_EQUAL(decrypted.transfer.extra, size_t{0});
  fixture.Finish();
}

TEST(five_renegotiations_in_a_row_stop_five_times) {
  Fixture fixture;
  fixture.Open();
  const Bytes ticket = Record("ticket");
  Bytes input = Join({ticket, ticket, ticket, ticket, ticket, Sealed("data", 5)});
  Opened answer;
  answer.status = SEC_I_RENEGOTIATE;
  answer.extra = ticket.size();
  for (int round = 0; round < 5; ++round) {
    fixture.sspi.opened = {answer};
    const Decrypted decrypted = Decrypt(fixture, input, kNoRoom);
    CHECK_EQUAL(decrypted.transfer.status, SEC_I_RENEGOTIATE);
    CHECK_EQUAL(decrypted.transfer.consumed, ticket.size());
    CHECK_EQUAL(decrypted.extra, ToText(ticket));
    fixture.sspi.flights = {{SEC_E_OK}};
    CHECK_EQUAL(fixture.context->Handshake({ToBytes(decrypted.extra)}).status, SEC_E_OK);
    CHECK_EQUAL(ToText(fixture.sspi.flight_calls.back().input), ToText(ticket));
    input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(ticket.size()));
  }
  fixture.sspi.opened = {{SEC_E_OK, "data"}};
  CHECK_EQUAL(Decrypt(fixture, input, kNoRoom).plaintext, "data");
  fixture.Finish();
}

TEST(close_notify_ends_the_data) {
  for (const std::string data : {"", "last words"}) {
    Fixture fixture;
    fixture.Open();
    fixture.sspi.opened = {{SEC_E_OK, "data "}, {SEC_I_CONTEXT_EXPIRED, data}};
    const Bytes closing = Sealed(data, 5);
    const Bytes input = Join({Sealed("data ", 5), closing, Sealed("ignored", 5)});
    const Decrypted decrypted = Decrypt(fixture, input, kNoRoom);
    CHECK_EQUAL(decrypted.transfer.status, SEC_I_CONTEXT_EXPIRED);
    CHECK_EQUAL(decrypted.plaintext, "data " + data);
    CHECK_EQUAL(decrypted.transfer.consumed, input.size() - Sealed("ignored", 5).size());
    fixture.Finish();
  }
}

TEST(record_that_was_left_alone_is_not_plaintext) {
  for (const SECURITY_STATUS status : {SEC_I_CONTEXT_EXPIRED, SEC_I_RENEGOTIATE}) {
    Fixture fixture;
    fixture.Open();
    Opened answer;
    answer.status = status;
    answer.untouched = true;
    fixture.sspi.opened = {answer};
    const Decrypted decrypted = Decrypt(fixture, Record("ciphertext"), size_t{5});
    CHECK_EQUAL(decrypted.transfer.status, status);
    CHECK_EQUAL(decrypted.transfer.written, size_t{0});
    fixture.Finish();
  }
}

TEST(failed_record_is_not_consumed) {
  for (const SECURITY_STATUS status :
       {SEC_E_MESSAGE_ALTERED, SEC_E_DECRYPT_FAILURE, SEC_E_OUT_OF_SEQUENCE, SEC_E_CONTEXT_EXPIRED,
        SEC_E_ILLEGAL_MESSAGE, SEC_E_INVALID_HANDLE, SEC_E_INCOMPLETE_MESSAGE, SEC_E_INVALID_TOKEN,
        SEC_E_CERT_UNKNOWN}) {
    Fixture fixture;
    fixture.Open();
    Opened answer;
    answer.status = status;
    answer.untouched = true;
    fixture.sspi.opened = {{SEC_E_OK, "data"}, answer};
    const Bytes input = Join({Sealed("data", 5), Sealed("bad", 5)});
    const Decrypted decrypted = Decrypt(fixture, input, size_t{5});
    CHECK_EQUAL(decrypted.transfer.status, status);
    CHECK_EQUAL(decrypted.plaintext, "data");
    CHECK_EQUAL(decrypted.transfer.consumed, Sealed("data", 5).size());
    fixture.Finish();
  }
}

TEST(bytes_are_encrypted_into_records_side_by_side) {
  for (const ULONG header : {ULONG{5}, ULONG{13}, ULONG{21}}) {
    Fixture fixture;
    fixture.sspi.sizes = {header, 64, 100};
    fixture.sspi.produced_trailer = 16;
    fixture.Open();
    const Bytes input(250, 'a');
    Bytes output(3 * (header + 164), 0xee);
    const Transfer transfer = fixture.context->Encrypt(input, {output.data(), output.size()});
    CHECK_EQUAL(transfer.status, SEC_E_OK);
    CHECK_EQUAL(transfer.consumed, size_t{250});
    CHECK_EQUAL(transfer.written, 3 * (size_t{header} + 16) + 250);
    CHECK_EQUAL(fixture.sspi.encrypt_calls, size_t{3});
    size_t at = 0;
    for (const size_t count : {size_t{100}, size_t{100}, size_t{50}}) {
      CHECK_EQUAL(int{output[at]}, 23);
      const size_t body = size_t{output[at + 3]} << 8 | output[at + 4];
      CHECK_EQUAL(body, header - 5 + count + 16);
      CHECK_EQUAL(int{output[at + header]}, 'a' ^ 0x55);
      CHECK_EQUAL(int{output[at + header + count - 1]}, 'a' ^ 0x55);
      CHECK_EQUAL(int{output[at + header + count]}, int{'t'});
      at += 5 + body;
    }
    CHECK_EQUAL(at, transfer.written);
    fixture.Finish();
  }
}

TEST(nothing_to_encrypt_is_no_call) {
  Fixture fixture;
  fixture.Open();
  const Transfer transfer = fixture.context->Encrypt({}, {});
  CHECK_EQUAL(transfer.status, SEC_E_OK);
  CHECK_EQUAL(transfer.written, size_t{0});
  CHECK_EQUAL(fixture.sspi.encrypt_calls, size_t{0});
  fixture.Finish();
}

TEST(encryption_that_fails_keeps_the_records_before) {
  Fixture fixture;
  fixture.sspi.sizes = {5, 16, 10};
  fixture.Open();
  fixture.sspi.sealed = {SEC_E_OK, SEC_E_CONTEXT_EXPIRED};
  const Bytes input(25, 'a');
  Bytes output(3 * 31);
  const Transfer transfer = fixture.context->Encrypt(input, {output.data(), output.size()});
  CHECK_EQUAL(transfer.status, SEC_E_CONTEXT_EXPIRED);
  CHECK_EQUAL(transfer.consumed, size_t{10});
  CHECK_EQUAL(transfer.written, size_t{31});
  fixture.Finish();
}

TEST(encryption_stays_within_its_output) {
  Fixture fixture;
  fixture.sspi.sizes = {5, 16, 10};
  fixture.Open();
  const Bytes input(20, 'a');
  Bytes output(31 + 30 + 1, 0xee);
  const Transfer transfer = fixture.context->Encrypt(input, {output.data(), output.size() - 1});
  CHECK_EQUAL(transfer.status, SEC_E_BUFFER_TOO_SMALL);
  CHECK_EQUAL(transfer.consumed, size_t{10});
  CHECK_EQUAL(transfer.written, size_t{31});
  CHECK(std::count(output.begin() + 31, output.end(), 0xee) == 31);
  fixture.Finish();
}
