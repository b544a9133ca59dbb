#include "platform/win.h"

#include <utility>

#include "handle/handles.h"
#include "handle/unique_handle.h"
#include "support/harness.h"

namespace {

int freed = 0;

struct NumberTraits {
  using Raw = int;
  static constexpr schannel::HandleKind kKind = schannel::HandleKind::kChain;
  static Raw Empty() noexcept { return 0; }
  static bool Valid(Raw raw) noexcept { return raw != 0; }
  static void Free(Raw& raw) noexcept { freed += raw; }
};
using UniqueNumber = schannel::UniqueHandle<NumberTraits>;

int Live() { return schannel::LiveHandles(schannel::HandleKind::kChain).load(); }

}  // namespace

TEST(handle_is_counted_and_freed_once) {
  freed = 0;
  {
    const UniqueNumber number(3);
    CHECK(static_cast<bool>(number));
    CHECK_EQUAL(Live(), 1);
  }
  CHECK_EQUAL(freed, 3);
  CHECK_EQUAL(Live(), 0);
}

TEST(empty_handle_is_neither_counted_nor_freed) {
  freed = 0;
  {
    UniqueNumber number;
    number.Reset();
    CHECK(!number);
    CHECK_EQUAL(Live(), 0);
  }
  CHECK_EQUAL(freed, 0);
}

TEST(moved_handle_has_one_owner) {
  freed = 0;
  {
    UniqueNumber first(5);
    UniqueNumber second(std::move(first));
    CHECK(!first);
    CHECK_EQUAL(second.get(), 5);
    CHECK_EQUAL(Live(), 1);
    UniqueNumber third(7);
    third = std::move(second);
    CHECK_EQUAL(freed, 7);
    CHECK_EQUAL(third.get(), 5);
    CHECK_EQUAL(Live(), 1);
  }
  CHECK_EQUAL(freed, 12);
  CHECK_EQUAL(Live(), 0);
}

TEST(handle_that_is_replaced_is_freed_first) {
  freed = 0;
  {
    UniqueNumber number(1);
    number.Reset(20);
    CHECK_EQUAL(freed, 1);
    CHECK_EQUAL(Live(), 1);
  }
  CHECK_EQUAL(freed, 21);
}

TEST(sspi_handle_of_value_zero_is_a_handle) {
  const SecurityFunctionTableW table = {};
  CHECK(schannel::CredentialTraits::Valid({{0, 0}, &table}));
  CHECK(!schannel::CredentialTraits::Valid(schannel::CredentialTraits::Empty()));
}
