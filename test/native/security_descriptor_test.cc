// Which security descriptors may be handed to Windows, whose functions read past what is malformed.
#include "platform/win.h"

#include "crypt/security_descriptor.h"

#include <random>
#include <string>

#include "platform/security_attributes.h"
#include "support/guarded_bytes.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::ByteView;
using schannel::IsSelfRelativeDescriptor;
using schannel::SecurityAttributes;

namespace {

// As Windows lays it out.
Bytes FromText(const wchar_t* text) {
  SecurityAttributes attributes(text);
  const auto* const bytes = static_cast<const uint8_t*>(attributes.get()->lpSecurityDescriptor);
  return Bytes(bytes, bytes + GetSecurityDescriptorLength(attributes.get()->lpSecurityDescriptor));
}

Bytes Full() {
  return FromText(L"O:SYG:BAD:(D;;GR;;;BG)(A;;FA;;;SY)(A;ID;FR;;;NS)S:(AU;FA;GA;;;WD)");
}

}  // namespace

TEST(descriptors_of_windows_are_accepted) {
  CHECK(IsSelfRelativeDescriptor(Full()));
  CHECK(IsSelfRelativeDescriptor(FromText(L"D:")));
  CHECK(IsSelfRelativeDescriptor(FromText(L"O:SY")));
}

TEST(descriptor_that_is_cut_short_is_refused) {
  const Bytes full = Full();
  for (size_t size = 0; size < full.size(); ++size) {
    CHECK(!IsSelfRelativeDescriptor(ByteView(full.data(), size)));
  }
}

TEST(descriptor_that_is_not_in_one_piece_is_refused) {
  Bytes absolute = Full();
  absolute[3] = 0;
  CHECK(!IsSelfRelativeDescriptor(absolute));
  Bytes future = Full();
  future[0] = 2;
  CHECK(!IsSelfRelativeDescriptor(future));
}

TEST(list_with_more_entries_than_bytes_is_refused) {
  Bytes bytes = FromText(L"D:(A;;FA;;;SY)");
  const size_t list = bytes[16];
  bytes[list + 4] = 2;
  CHECK(!IsSelfRelativeDescriptor(bytes));
}

TEST(entry_with_an_identifier_past_its_end_is_refused) {
  Bytes bytes = FromText(L"D:(A;;FA;;;SY)");
  const size_t list = bytes[16];
  bytes[list + 8 + 8 + 1] = SID_MAX_SUB_AUTHORITIES;
  CHECK(!IsSelfRelativeDescriptor(bytes));
}

// Behind the last byte is an inaccessible page: a read past the end ends the program.
TEST(accidents_are_not_read_past_their_end) {
  const Bytes full = Full();
  std::mt19937 random(11);
  int accepted = 0;
  for (int round = 0; round < 5000; ++round) {
    Bytes bytes = full;
    for (int count = 0; count < 3; ++count) {
      uint8_t& byte = bytes[random() % bytes.size()];
      byte = static_cast<uint8_t>(byte ^ (1u << (random() % 8)));
    }
    bytes.resize(1 + random() % bytes.size());
    if (round % 2 == 0) bytes.resize(full.size());
    const test::GuardedBytes guarded(bytes);
    if (IsSelfRelativeDescriptor(guarded.view())) ++accepted;
  }
  CHECK(accepted > 0);
  CHECK(accepted < 4000);
}
