#include "platform/win.h"

#include <algorithm>

#include "platform/windows_error.h"
#include "sspi/security_context.h"
#include "support/guarded_bytes.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::ByteView;
using schannel::Transfer;
using test::Fixture;
using test::GuardedBytes;

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

TEST(encryption_refuses_an_output_that_overlaps_its_input) {
  constexpr size_t kInput = 20;
  constexpr size_t kRoom = 5 + kInput + 16;
  const Bytes contents(kInput + 2 * kRoom, 'a');
  for (size_t at = 0; at <= kInput + kRoom; ++at) {
    Fixture fixture;
    fixture.Open();
    const GuardedBytes memory(contents);
    const ByteView input(memory.data() + kRoom, kInput);
    const schannel::MutableByteView output = {memory.data() + at, kRoom};
    if (at == 0 || at == kInput + kRoom) {
      CHECK_EQUAL(fixture.context->Encrypt(input, output).consumed, kInput);
    } else {
      CHECK_THROWS(fixture.context->Encrypt(input, output), E_INVALIDARG);
      CHECK(memory.view().Copy() == contents);
    }
    fixture.Finish();
  }
}

TEST(more_than_the_room_that_was_given_is_an_error) {
  Fixture fixture;
  fixture.sspi.produced_trailer = 17;  // of 16
  fixture.Open();
  const GuardedBytes output(Bytes(5 + 4 + 16));
  const Transfer transfer = fixture.context->Encrypt(Bytes(4, 'a'), output.writable());
  CHECK_EQUAL(transfer.status, SEC_E_INTERNAL_ERROR);
  CHECK_EQUAL(transfer.written, size_t{0});
  fixture.Finish();
}
