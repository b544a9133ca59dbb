#include "platform/win.h"

#include <algorithm>
#include <vector>

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

// Plaintext that lies where it is encrypted, with room between for trailers and headers.
Bytes InPlace(size_t header, size_t gap, const std::vector<size_t>& counts) {
  Bytes memory(header, 0xee);
  for (size_t index = 0; index < counts.size(); ++index) {
    if (index > 0) memory.insert(memory.end(), gap, 0xee);
    memory.insert(memory.end(), counts[index], static_cast<uint8_t>('a' + index));
  }
  return memory;
}

TEST(plaintext_is_encrypted_where_it_lies) {
  for (const ULONG header : {ULONG{5}, ULONG{13}, ULONG{21}}) {
    for (const ULONG trailer : {ULONG{16}, ULONG{3}, ULONG{64}}) {
      Fixture fixture;
      fixture.sspi.sizes = {header, 64, 100};
      fixture.sspi.produced_trailer = trailer;
      fixture.Open();
      const Bytes memory = InPlace(header, header + size_t{64}, {100, 100, 50});
      const size_t end = memory.size();
      Bytes padded = memory;
      padded.resize(end + 64);
      const GuardedBytes output(padded);
      const Transfer transfer =
          fixture.context->Encrypt({output.data() + header, end - header}, output.writable());
      CHECK_EQUAL(transfer.status, SEC_E_OK);
      CHECK_EQUAL(transfer.consumed, size_t{250});
      CHECK_EQUAL(transfer.written, 3 * (size_t{header} + trailer) + 250);
      size_t at = 0;
      for (int index = 0; index < 3; ++index) {
        const size_t count = index < 2 ? 100 : 50;
        const uint8_t* const record = output.data() + at;
        CHECK_EQUAL(size_t{record[3]} << 8 | record[4], header - 5 + count + trailer);
        const int sealed = ('a' + index) ^ 0x55;
        CHECK(std::count(record + header, record + header + count, sealed) ==
              static_cast<ptrdiff_t>(count));
        CHECK_EQUAL(int{record[header + count]}, int{'t'});
        at += header + count + trailer;
      }
      CHECK_EQUAL(at, transfer.written);
      fixture.Finish();
    }
  }
}

size_t Letters(const GuardedBytes& memory, size_t from) {
  return static_cast<size_t>(
      std::count_if(memory.data() + from, memory.data() + memory.size(),
                    [](uint8_t byte) { return byte >= 'a' && byte <= 'c'; }));
}

TEST(no_plaintext_stays_behind_records_that_were_encrypted_in_place) {
  for (const ULONG trailer : {ULONG{3}, ULONG{16}, ULONG{64}}) {
    Fixture fixture;
    fixture.sspi.sizes = {13, 64, 100};
    fixture.sspi.produced_trailer = trailer;
    fixture.Open();
    Bytes memory = InPlace(13, 77, {100, 100, 100});
    const size_t end = memory.size();
    memory.resize(end + 64);
    const GuardedBytes output(memory);
    const Transfer transfer =
        fixture.context->Encrypt({output.data() + 13, end - 13}, output.writable());
    CHECK_EQUAL(transfer.status, SEC_E_OK);
    CHECK_EQUAL(Letters(output, transfer.written), size_t{0});
    fixture.Finish();
  }
}

TEST(no_plaintext_stays_in_the_output_where_encryption_fails) {
  for (const bool in_place : {false, true}) {
    // Windows refuses the second record, or gives more than there is room for.
    for (const SECURITY_STATUS second : {SEC_E_CONTEXT_EXPIRED, SEC_E_OK}) {
      Fixture fixture;
      fixture.sspi.sizes = {5, 16, 10};
      fixture.sspi.produced_trailer = second == SEC_E_OK ? 17 : 16;
      fixture.Open();
      fixture.sspi.sealed = {SEC_E_OK, second};
      const Bytes input(30, 'a');
      const GuardedBytes output(in_place ? InPlace(5, 21, {10, 10, 10, 0}) : Bytes(3 * 31));
      const ByteView plaintext =
          in_place ? ByteView(output.data() + 5, output.size() - 5 - 21) : ByteView(input);
      const Transfer transfer = fixture.context->Encrypt(plaintext, output.writable());
      CHECK(transfer.status != SEC_E_OK);
      CHECK_EQUAL(Letters(output, transfer.written), size_t{0});
      CHECK(input == Bytes(30, 'a'));
      fixture.Finish();
    }
  }
}

TEST(plaintext_in_place_needs_room_behind_it) {
  Fixture fixture;
  fixture.sspi.sizes = {5, 16, 10};
  fixture.Open();
  const Bytes memory = InPlace(5, 21, {10, 10});
  Bytes padded = memory;
  padded.resize(memory.size() + 15);
  const GuardedBytes output(padded);
  const Transfer transfer =
      fixture.context->Encrypt({output.data() + 5, memory.size() - 5}, output.writable());
  CHECK_EQUAL(transfer.status, SEC_E_BUFFER_TOO_SMALL);
  CHECK_EQUAL(transfer.consumed, size_t{10});
  CHECK_EQUAL(transfer.written, size_t{31});
  fixture.Finish();
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
  constexpr size_t kHeader = 5;
  constexpr size_t kRoom = kHeader + kInput + 16;
  const Bytes contents(kInput + 2 * kRoom, 'a');
  for (size_t at = 0; at <= kInput + kRoom; ++at) {
    Fixture fixture;
    fixture.Open();
    const GuardedBytes memory(contents);
    const ByteView input(memory.data() + kRoom, kInput);
    const schannel::MutableByteView output = {memory.data() + at, kRoom};
    if (at == 0 || at == kInput + kRoom || at == kRoom - kHeader) {
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
