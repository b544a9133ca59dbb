#include "platform/win.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "platform/windows_error.h"
#include "sspi/security_context.h"
#include "support/guarded_bytes.h"
#include "support/harness.h"
#include "support/scripted_sspi.h"

using schannel::Bytes;
using schannel::ByteView;
using schannel::Transfer;
using test::Edge;
using test::Fixture;
using test::GuardedBytes;
using test::Join;
using test::Layout;
using test::Opened;
using test::PostHandshakeAnswers;
using test::Record;
using test::ToText;

namespace {

constexpr size_t kNoRoom = 0;
const size_t kHeaders[] = {5, 13, 21};  // TLS 1.3; TLS 1.2 with GCM, with CBC

struct Decrypted {
  Transfer transfer;
  std::string plaintext;
};

Bytes Head(const Bytes& bytes, size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

Bytes Behind(const Bytes& bytes, size_t count) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(count), bytes.end()};
}

// Decrypts into memory of exactly the size that has to be reserved when the plaintext is to begin
// at `position`, and checks that the bytes before it and the input are unharmed. The first `split`
// bytes of the input lie elsewhere.
Decrypted DecryptApart(Fixture& fixture, const Bytes& input, size_t position,
                       Edge edge = Edge::kEnd, size_t split = 0) {
  const size_t before = std::min<size_t>(position, fixture.sspi.sizes.header);
  Bytes contents(position - before + std::max(input.size(), before), 0xee);
  for (size_t index = 0; index < position; ++index) contents[index] = static_cast<uint8_t>(index);
  const GuardedBytes output(contents, edge);
  const GuardedBytes beginning(Head(input, split), edge);
  const GuardedBytes source(Behind(input, split), edge);
  Decrypted decrypted;
  decrypted.transfer =
      fixture.context->Decrypt(source.view(), output.writable(), position, beginning.view());
  CHECK(beginning.view().Copy() == Head(input, split));
  CHECK(source.view().Copy() == Behind(input, split));
  for (size_t index = 0; index < position; ++index) CHECK(output.data()[index] == index);
  const ByteView written(output.data() + position, decrypted.transfer.written);
  CHECK(decrypted.transfer.written == 0 || schannel::Contains(output.view(), written));
  decrypted.plaintext = ToText(written);
  return decrypted;
}

// Decrypts within memory that holds nothing but the input, and checks that what was not consumed is
// unharmed, but for a record that failed.
Decrypted DecryptInPlace(Fixture& fixture, const Bytes& input, Edge edge = Edge::kEnd) {
  const GuardedBytes memory(input, edge);
  const size_t position = fixture.sspi.sizes.header;
  Decrypted decrypted;
  decrypted.transfer = fixture.context->Decrypt(memory.view(), memory.writable(), position);
  size_t left = input.size() - decrypted.transfer.consumed;
  if (decrypted.transfer.status < 0) {
    const uint8_t* const failed = input.data() + decrypted.transfer.consumed;
    left -= 5 + (size_t{failed[3]} << 8 | failed[4]);
  }
  CHECK(memory.view().Tail(left).Copy() == ByteView(input).Tail(left).Copy());
  const ByteView written(memory.data() + position, decrypted.transfer.written);
  CHECK(decrypted.transfer.written == 0 || schannel::Contains(memory.view(), written));
  decrypted.plaintext = ToText(written);
  return decrypted;
}

// Where the beginning of a record may end: in its header, behind that, and in its body.
std::vector<size_t> Splits(const Bytes& input) {
  size_t most = input.size();
  if (most >= 5) most = std::min(most, 5 + (size_t{input[3]} << 8 | input[4]));
  std::vector<size_t> splits = {0};
  for (const size_t split : {size_t{1}, size_t{3}, size_t{4}, size_t{5}, most - 1, most}) {
    if (split <= most) splits.push_back(split);
  }
  return splits;
}

// Decrypts `input`, which is answered by `script`, in every place that it may be decrypted to, in
// one memory and in two. `check` judges the result.
template <typename Check>
void DecryptEverywhere(const Bytes& input, const std::deque<Opened>& script, ULONG announced,
                       Check&& check) {
  for (const Edge edge : {Edge::kStart, Edge::kEnd}) {
    for (const size_t position : {kNoRoom, size_t{3}, size_t{5}, size_t{21}, size_t{100}}) {
      for (const size_t split : Splits(input)) {
        Fixture fixture;
        fixture.sspi.sizes.header = announced;
        fixture.Open();
        fixture.sspi.opened = script;
        check(fixture, DecryptApart(fixture, input, position, edge, split));
        fixture.Finish();
      }
    }
    if (input.size() < announced) continue;  // no place for any plaintext
    Fixture fixture;
    fixture.sspi.sizes.header = announced;
    fixture.Open();
    fixture.sspi.opened = script;
    check(fixture, DecryptInPlace(fixture, input, edge));
    fixture.Finish();
  }
}

// A record whose body has room for header, plaintext and trailer.
Bytes Sealed(const std::string& plaintext, size_t header = 5) {
  return Record(std::string(header - 5, 'n') + plaintext + "0123456789abcdef");
}

Opened Answer(SECURITY_STATUS status, const std::string& plaintext = {}, size_t header = 5) {
  Opened answer;
  answer.status = status;
  answer.plaintext = plaintext;
  answer.header = header;
  return answer;
}

Opened LeftAsIs(SECURITY_STATUS status) {
  Opened answer = Answer(status);
  answer.layout = Layout::kUntouched;
  return answer;
}

}  // namespace

TEST(records_decrypt_without_gaps_for_every_header_size) {
  for (const size_t header : kHeaders) {
    for (const ULONG announced : {ULONG{5}, static_cast<ULONG>(header), ULONG{21}}) {
      const Bytes input =
          Join({Sealed("first", header), Sealed("", header),
                Sealed("the second one, which is longer", header), Sealed("3", header)});
      DecryptEverywhere(input,
                        {Answer(SEC_E_OK, "first", header), Answer(SEC_E_OK, "", header),
                         Answer(SEC_E_OK, "the second one, which is longer", header),
                         Answer(SEC_E_OK, "3", header)},
                        announced, [&input](const Fixture&, const Decrypted& decrypted) {
                          CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
                          CHECK_EQUAL(decrypted.plaintext, "firstthe second one, which is longer3");
                          CHECK_EQUAL(decrypted.transfer.consumed, input.size());
                          CHECK(decrypted.transfer.message.empty());
                        });
    }
  }
}

TEST(partial_record_stays_in_the_input) {
  const Bytes whole = Sealed("data");
  for (size_t count = 0; count < whole.size(); ++count) {
    Bytes input = whole;
    input.insert(input.end(), whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(count));
    DecryptEverywhere(input, {Answer(SEC_E_OK, "data")}, 5,
                      [&whole](const Fixture&, const Decrypted& decrypted) {
                        CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
                        CHECK_EQUAL(decrypted.transfer.consumed, whole.size());
                        CHECK_EQUAL(decrypted.plaintext, "data");
                      });
  }
}

TEST(input_without_a_whole_record_is_no_call) {
  for (const Bytes& input : {Bytes(), Bytes({23, 3, 3, 0}), Bytes({23, 3, 3, 0, 1})}) {
    Fixture fixture;
    fixture.Open();
    const Decrypted decrypted = DecryptApart(fixture, input, kNoRoom);
    CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
    CHECK_EQUAL(decrypted.transfer.consumed, size_t{0});
    CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
    fixture.Finish();
  }
}

TEST(partial_record_in_two_memories_is_no_call) {
  const Bytes whole = Sealed("data");
  for (size_t count = 0; count < whole.size(); ++count) {
    for (size_t split = 0; split <= count; ++split) {
      Fixture fixture;
      fixture.Open();
      const Decrypted decrypted =
          DecryptApart(fixture, Head(whole, count), size_t{5}, Edge::kEnd, split);
      CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
      CHECK_EQUAL(decrypted.transfer.consumed, size_t{0});
      CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
      fixture.Finish();
    }
  }
}

TEST(more_than_one_record_before_the_input_is_refused) {
  const Bytes input = Join({Sealed("one"), Sealed("two")});
  for (size_t split = Sealed("one").size() + 1; split <= input.size(); ++split) {
    Fixture fixture;
    fixture.Open();
    const Bytes contents(5 + input.size(), 0xee);
    const GuardedBytes output(contents);
    CHECK_THROWS(
        fixture.context->Decrypt(Behind(input, split), output.writable(), 5, Head(input, split)),
        E_INVALIDARG);
    CHECK(output.view().Copy() == contents);
    CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
    fixture.Finish();
  }
}

TEST(record_without_a_body_is_a_whole_record) {
  DecryptEverywhere(Record(""), {Answer(SEC_E_OK)}, 5,
                    [](const Fixture&, const Decrypted& decrypted) {
                      CHECK_EQUAL(decrypted.transfer.status, SEC_E_OK);
                      CHECK_EQUAL(decrypted.transfer.consumed, size_t{5});
                    });
}

TEST(message_is_apart_from_all_memory_whatever_its_form) {
  for (const size_t header : kHeaders) {
    const Bytes ticket = Record("a new session ticket");
    const Bytes data = Sealed("data", header);
    for (const Opened& form : PostHandshakeAnswers()) {
      // By itself, after data, before another record, and between two.
      for (const bool data_before : {false, true}) {
        for (const bool data_behind : {false, true}) {
          std::deque<Opened> script;
          if (data_before) script.push_back(Answer(SEC_E_OK, "data", header));
          script.push_back(form);
          const Bytes input =
              Join({data_before ? data : Bytes(), ticket, data_behind ? data : Bytes()});
          const size_t behind = data_behind ? data.size() : 0;
          DecryptEverywhere(input, script, static_cast<ULONG>(header),
                            [&](const Fixture& fixture, const Decrypted& decrypted) {
                              CHECK_EQUAL(decrypted.transfer.status, SEC_I_RENEGOTIATE);
                              CHECK_EQUAL(decrypted.plaintext, data_before ? "data" : "");
                              CHECK_EQUAL(decrypted.transfer.consumed, input.size() - behind);
                              CHECK_EQUAL(ToText(decrypted.transfer.message),
                                          ToText(ticket).substr(*form.unread_from));
                              CHECK_EQUAL(fixture.sspi.unread.size(), size_t{1});
                            });
        }
      }
    }
  }
}

TEST(message_of_a_record_with_plaintext_keeps_its_bytes) {
  for (const size_t header : kHeaders) {
    for (const size_t from : {size_t{0}, header, header + 4, header + 19}) {
      for (const bool pointer : {true, false}) {
        Opened answer = Answer(SEC_I_RENEGOTIATE, "data", header);
        answer.unread_from = from;
        answer.unread_pointer = pointer;
        DecryptEverywhere(
            Join({Sealed("data", header), Sealed("next", header)}), {answer},
            static_cast<ULONG>(header), [](const Fixture& fixture, const Decrypted& decrypted) {
              CHECK_EQUAL(decrypted.plaintext, "data");
              CHECK_EQUAL(ToText(decrypted.transfer.message), ToText(fixture.sspi.unread.front()));
            });
      }
    }
  }
}

TEST(renegotiation_without_a_message_has_none) {
  for (const Layout layout : {Layout::kInOrder, Layout::kUntouched, Layout::kNothingBefore}) {
    for (const bool empty : {false, true}) {
      Opened answer = Answer(SEC_I_RENEGOTIATE);
      answer.layout = layout;
      const Bytes request = Record("hello request", 22);
      if (empty) answer.unread_from = request.size();
      DecryptEverywhere(request, {answer}, 13, [&](const Fixture&, const Decrypted& decrypted) {
        CHECK_EQUAL(decrypted.transfer.status, SEC_I_RENEGOTIATE);
        CHECK_EQUAL(decrypted.transfer.consumed, request.size());
        CHECK_EQUAL(decrypted.transfer.written, size_t{0});
        CHECK(decrypted.transfer.message.empty());
      });
    }
  }
}

TEST(five_messages_in_a_row_stop_five_times) {
  const Bytes ticket = Record("ticket");
  for (Opened answer : PostHandshakeAnswers()) {
    Fixture fixture;
    fixture.Open();
    Bytes input = Join({ticket, ticket, ticket, ticket, ticket, Sealed("data")});
    for (int round = 0; round < 5; ++round) {
      fixture.sspi.opened = {answer};
      const Decrypted decrypted = DecryptInPlace(fixture, input);
      CHECK_EQUAL(decrypted.transfer.status, SEC_I_RENEGOTIATE);
      CHECK_EQUAL(decrypted.transfer.consumed, ticket.size());
      fixture.sspi.flights = {{SEC_E_OK}};
      CHECK_EQUAL(fixture.context->Handshake({decrypted.transfer.message}).status, SEC_E_OK);
      CHECK_EQUAL(ToText(fixture.sspi.flight_calls.back().input),
                  ToText(ticket).substr(*answer.unread_from));
      input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(ticket.size()));
    }
    fixture.sspi.opened = {Answer(SEC_E_OK, "data")};
    CHECK_EQUAL(DecryptInPlace(fixture, input).plaintext, "data");
    fixture.Finish();
  }
}

TEST(close_notify_ends_the_data) {
  for (const std::string data : {"", "last words"}) {
    const Bytes input = Join({Sealed("data "), Sealed(data), Sealed("ignored")});
    DecryptEverywhere(input, {Answer(SEC_E_OK, "data "), Answer(SEC_I_CONTEXT_EXPIRED, data)}, 5,
                      [&](const Fixture&, const Decrypted& decrypted) {
                        CHECK_EQUAL(decrypted.transfer.status, SEC_I_CONTEXT_EXPIRED);
                        CHECK_EQUAL(decrypted.plaintext, "data " + data);
                        CHECK_EQUAL(decrypted.transfer.consumed,
                                    input.size() - Sealed("ignored").size());
                      });
  }
}

TEST(record_that_was_left_alone_is_not_plaintext) {
  for (const SECURITY_STATUS status : {SEC_I_CONTEXT_EXPIRED, SEC_I_RENEGOTIATE}) {
    DecryptEverywhere(Record("ciphertext"), {LeftAsIs(status)}, 5,
                      [status](const Fixture&, const Decrypted& decrypted) {
                        CHECK_EQUAL(decrypted.transfer.status, status);
                        CHECK_EQUAL(decrypted.transfer.written, size_t{0});
                      });
  }
}

TEST(failed_record_is_not_consumed) {
  for (const SECURITY_STATUS status :
       {SEC_E_MESSAGE_ALTERED, SEC_E_DECRYPT_FAILURE, SEC_E_OUT_OF_SEQUENCE, SEC_E_CONTEXT_EXPIRED,
        SEC_E_ILLEGAL_MESSAGE, SEC_E_INVALID_HANDLE, SEC_E_INCOMPLETE_MESSAGE, SEC_E_INVALID_TOKEN,
        SEC_E_CERT_UNKNOWN}) {
    Fixture fixture;
    fixture.Open();
    fixture.sspi.opened = {Answer(SEC_E_OK, "data"), LeftAsIs(status)};
    const Decrypted decrypted =
        DecryptApart(fixture, Join({Sealed("data"), Sealed("bad")}), size_t{5});
    CHECK_EQUAL(decrypted.transfer.status, status);
    CHECK_EQUAL(decrypted.plaintext, "data");
    CHECK_EQUAL(decrypted.transfer.consumed, Sealed("data").size());
    fixture.Finish();
  }
}

TEST(output_that_is_too_small_is_not_touched) {
  const Bytes input = Join({Sealed("one"), Sealed("two")});
  for (const size_t position : {kNoRoom, size_t{3}, size_t{5}, size_t{100}}) {
    Fixture fixture;
    fixture.Open();
    const size_t before = std::min(position, size_t{5});
    const Bytes contents(position - before + input.size() - 1, 0xee);
    const GuardedBytes output(contents);
    CHECK_THROWS(fixture.context->Decrypt(input, output.writable(), position), E_INVALIDARG);
    CHECK(output.view().Copy() == contents);
    CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
    fixture.Finish();
  }
}

TEST(output_without_room_for_the_beginning_is_not_touched) {
  const Bytes input = Sealed("one");
  for (size_t split = 1; split <= input.size(); ++split) {
    Fixture fixture;
    fixture.Open();
    const Bytes contents(input.size() - 1, 0xee);
    const GuardedBytes output(contents);
    CHECK_THROWS(
        fixture.context->Decrypt(Behind(input, split), output.writable(), 5, Head(input, split)),
        E_INVALIDARG);
    CHECK(output.view().Copy() == contents);
    CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
    fixture.Finish();
  }
}

TEST(beginning_that_overlaps_the_output_is_refused) {
  const Bytes record = Sealed("data");
  constexpr size_t kAt = 100;    // where the beginning lies in the memory
  constexpr size_t kSplit = 10;  // its size
  Bytes contents(3 * kAt, 0xee);
  std::copy_n(record.begin(), kSplit, contents.begin() + kAt);
  for (size_t position = 5; position < 2 * kAt; ++position) {
    Fixture fixture;
    fixture.Open();
    const GuardedBytes memory(contents);
    const ByteView beginning(memory.data() + kAt, kSplit);
    const size_t start = position - 5;
    if (start + record.size() <= kAt || start >= kAt + kSplit) {
      fixture.sspi.opened = {Answer(SEC_E_OK, "data")};
      const Transfer transfer =
          fixture.context->Decrypt(Behind(record, kSplit), memory.writable(), position, beginning);
      CHECK_EQUAL(transfer.consumed, record.size());
      CHECK_EQUAL(ToText({memory.data() + position, transfer.written}), "data");
    } else {
      CHECK_THROWS(
          fixture.context->Decrypt(Behind(record, kSplit), memory.writable(), position, beginning),
          E_INVALIDARG);
      CHECK(memory.view().Copy() == contents);
    }
    fixture.Finish();
  }
}

TEST(nothing_is_decrypted_in_place_behind_a_beginning) {
  const Bytes record = Sealed("data");
  for (size_t split = 1; split < record.size(); ++split) {
    Fixture fixture;
    fixture.Open();
    Bytes contents = Behind(record, split);
    contents.resize(2 * record.size());
    const GuardedBytes memory(contents);
    const ByteView input(memory.data(), record.size() - split);
    CHECK_THROWS(fixture.context->Decrypt(input, memory.writable(), 5, Head(record, split)),
                 E_INVALIDARG);
    CHECK(memory.view().Copy() == contents);
    CHECK_EQUAL(fixture.sspi.decrypt_calls, size_t{0});
    fixture.Finish();
  }
}

TEST(position_behind_the_output_is_refused) {
  Fixture fixture;
  fixture.Open();
  const GuardedBytes output(Bytes(10));
  for (const size_t position : {size_t{11}, size_t{0xffffffff}, static_cast<size_t>(-1)}) {
    CHECK_THROWS(fixture.context->Decrypt({}, output.writable(), position), E_INVALIDARG);
    CHECK_THROWS(fixture.context->Decrypt(Sealed(""), output.writable(), position), E_INVALIDARG);
  }
  CHECK_EQUAL(fixture.context->Decrypt({}, output.writable(), 10).status, SEC_E_OK);
  fixture.Finish();
}

TEST(overlap_that_is_not_in_place_is_refused) {
  for (const ULONG header : {ULONG{5}, ULONG{21}}) {
    const Bytes record = Sealed("data", header);
    constexpr size_t kAt = 200;  // where the input lies in the memory
    Bytes contents(3 * kAt, 0xee);
    std::copy(record.begin(), record.end(), contents.begin() + kAt);
    for (size_t position = 0; position < 2 * kAt; ++position) {
      Fixture fixture;
      fixture.sspi.sizes.header = header;
      fixture.Open();
      const GuardedBytes memory(contents);
      const ByteView input(memory.data() + kAt, record.size());
      const size_t start = position - std::min<size_t>(position, header);
      const bool apart = start + record.size() <= kAt || start >= kAt + record.size();
      if (apart || position == kAt + header) {
        fixture.sspi.opened = {Answer(SEC_E_OK, "data", header)};
        const Transfer transfer = fixture.context->Decrypt(input, memory.writable(), position);
        CHECK_EQUAL(ToText({memory.data() + position, transfer.written}), "data");
      } else {
        CHECK_THROWS(fixture.context->Decrypt(input, memory.writable(), position), E_INVALIDARG);
        CHECK(memory.view().Copy() == contents);
      }
      fixture.Finish();
    }
  }
}

TEST(in_place_needs_room_for_the_header) {
  // The output begins with the input, so that there is less than a header before the plaintext.
  Fixture fixture;
  fixture.sspi.sizes.header = 21;
  fixture.Open();
  const GuardedBytes memory(Sealed("data", 21));
  for (size_t position = 0; position < 21; ++position) {
    CHECK_THROWS(fixture.context->Decrypt(memory.view(), memory.writable(), position),
                 E_INVALIDARG);
  }
  fixture.Finish();
}

TEST(header_beyond_all_that_are_known_is_refused_in_place) {
  Fixture fixture;
  fixture.sspi.sizes.header = 65;
  fixture.Open();
  const Bytes record = Sealed("data", 65);
  const GuardedBytes memory(record);
  CHECK_THROWS(fixture.context->Decrypt(memory.view(), memory.writable(), 65), E_INVALIDARG);
  fixture.sspi.opened = {Answer(SEC_E_OK, "data", 65)};
  const GuardedBytes output(Bytes(1 + record.size()));
  const Transfer transfer = fixture.context->Decrypt(record, output.writable(), 65);
  CHECK_EQUAL(ToText({output.data() + 65, transfer.written}), "data");
  fixture.Finish();
}

TEST(plaintext_that_has_no_room_in_its_record_is_an_error) {
  // A record that is shorter than the header announced, and one whose trailer is.
  for (const Bytes& record : {Record("data"), Record("0123456789data")}) {
    const size_t header = record.size() - 4;
    Fixture fixture;
    fixture.sspi.sizes.header = 21;
    fixture.Open();
    fixture.sspi.opened = {Answer(SEC_E_OK, "data", header)};
    const Bytes input = Join({record, Sealed("next", 21)});
    const Decrypted decrypted = DecryptInPlace(fixture, input);
    CHECK_EQUAL(decrypted.transfer.status, SEC_E_INTERNAL_ERROR);
    CHECK_EQUAL(decrypted.transfer.written, size_t{0});
    fixture.Finish();
  }
}

TEST(unread_bytes_of_a_record_that_was_decrypted_are_an_error) {
  const Bytes record = Sealed("data");
  for (const size_t from : {size_t{0}, size_t{5}, record.size() - 1}) {
    Opened answer = Answer(SEC_E_OK, "data");
    answer.unread_from = from;
    DecryptEverywhere(Join({record, Record("")}), {answer}, 5,
                      [](const Fixture&, const Decrypted& decrypted) {
                        CHECK_EQUAL(decrypted.transfer.status, SEC_E_INTERNAL_ERROR);
                        CHECK_EQUAL(decrypted.transfer.written, size_t{0});
                      });
  }
}

TEST(input_that_another_thread_changes_is_never_half_a_record) {
  Fixture fixture;
  fixture.Open();
  const Bytes record = Sealed("data");
  Bytes shared = record;
  auto* const length = reinterpret_cast<std::atomic<uint8_t>*>(&shared[4]);
  std::atomic<bool> over = false;
  std::thread other([&] {
    for (uint8_t turn = 0; !over; ++turn) {
      *length = static_cast<uint8_t>(record[4] - (turn & 1));
    }
  });
  for (size_t round = 0; round < 20'000; ++round) {
    fixture.sspi.opened = {Answer(SEC_E_OK, "data")};
    Bytes output(5 + shared.size());
    const size_t split = round % (shared.size() - 1);  // the record may end a byte earlier
    const ByteView rest(shared.data() + split, shared.size() - split);
    const Transfer transfer = fixture.context->Decrypt(rest, {output.data(), output.size()},
                                                       size_t{5}, {shared.data(), split});
    CHECK(transfer.status == SEC_E_OK || transfer.status == SEC_E_INVALID_TOKEN);
  }
  over = true;
  other.join();
  fixture.sspi.opened.clear();
  fixture.Finish();  // no DecryptMessage of other than one whole record
}
