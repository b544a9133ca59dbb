// CNG's configuration as scripts play it. Wine 10 lists no functions, and adds none.
#include "crypt/context_functions.h"

#include <string>
#include <vector>

#include "platform/windows_error.h"
#include "support/harness.h"

using schannel::AddContextFunction;
using schannel::ContextFunctionApi;
using schannel::ContextFunctions;
using schannel::IsFipsMode;
using schannel::RemoveContextFunction;

namespace {

constexpr ULONG kSuites = NCRYPT_SCHANNEL_INTERFACE;
constexpr NTSTATUS kRefused = static_cast<NTSTATUS>(0xC0000022);

struct Script {
  NTSTATUS status = 0;
  bool none = false;
  int freed = 0;
  std::vector<std::wstring> calls;
  BOOLEAN fips = FALSE;
};
Script script;

wchar_t first[] = L"TLS_AES_256_GCM_SHA384";
wchar_t second[] = L"TLS_AES_128_GCM_SHA256";
wchar_t* names[] = {first, second};
CRYPT_CONTEXT_FUNCTIONS functions = {2, names};

NTSTATUS WINAPI Enumerate(ULONG table, LPCWSTR context, ULONG interface_id, ULONG*,
                          PCRYPT_CONTEXT_FUNCTIONS* buffer) {
  CHECK_EQUAL(table, ULONG{CRYPT_LOCAL});
  CHECK(std::wstring(context) == L"SSL");
  CHECK_EQUAL(interface_id, kSuites);
  // Memory of the caller would be used.
  CHECK(*buffer == nullptr);
  if (script.status >= 0 && !script.none) *buffer = &functions;
  return script.status;
}

void WINAPI Free(PVOID buffer) {
  CHECK(buffer == &functions);
  ++script.freed;
}

NTSTATUS WINAPI Add(ULONG table, LPCWSTR context, ULONG, LPCWSTR name, ULONG position) {
  script.calls.push_back(L"+" + std::to_wstring(table) + context + name +
                         std::to_wstring(position));
  return script.status;
}

NTSTATUS WINAPI Remove(ULONG table, LPCWSTR context, ULONG, LPCWSTR name) {
  script.calls.push_back(L"-" + std::to_wstring(table) + context + name);
  return script.status;
}

NTSTATUS WINAPI FipsMode(BOOLEAN* enabled) {
  *enabled = script.fips;
  return script.status;
}

ContextFunctionApi Scripted() {
  script = {};
  return {Enumerate, Free, Add, Remove, FipsMode};
}

}  // namespace

TEST(functions_are_listed_in_order_and_freed) {
  const ContextFunctionApi api = Scripted();
  const std::vector<std::wstring> list = ContextFunctions(api, CRYPT_LOCAL, kSuites);
  CHECK_EQUAL(list.size(), size_t{2});
  CHECK(list[0] == first && list[1] == second);
  CHECK_EQUAL(script.freed, 1);
}

TEST(no_list_is_an_empty_one) {
  const ContextFunctionApi api = Scripted();
  script.none = true;
  CHECK(ContextFunctions(api, CRYPT_LOCAL, kSuites).empty());
  CHECK_EQUAL(script.freed, 0);
}

TEST(functions_are_added_and_removed) {
  const ContextFunctionApi api = Scripted();
  AddContextFunction(api, CRYPT_LOCAL, kSuites, L"x", 3);
  RemoveContextFunction(api, CRYPT_LOCAL, kSuites, L"x");
  CHECK(script.calls == (std::vector<std::wstring>{L"+1SSLx3", L"-1SSLx"}));
}

TEST(fips_mode_is_said) {
  const ContextFunctionApi api = Scripted();
  CHECK(!IsFipsMode(api));
  script.fips = TRUE;
  CHECK(IsFipsMode(api));
}

TEST(refusals_keep_their_status) {
  const ContextFunctionApi api = Scripted();
  script.status = kRefused;
  CHECK_EQUAL(CHECK_THROWS(ContextFunctions(api, CRYPT_LOCAL, kSuites), kRefused),
              "BCryptEnumContextFunctions");
  CHECK_THROWS(AddContextFunction(api, CRYPT_LOCAL, kSuites, L"x", 0), kRefused);
  CHECK_THROWS(RemoveContextFunction(api, CRYPT_LOCAL, kSuites, L"x"), kRefused);
  CHECK_THROWS(IsFipsMode(api), kRefused);
}
