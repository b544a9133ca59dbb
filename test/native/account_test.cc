// Names and identifiers of accounts, as Windows reports them.
#include "platform/win.h"

#include "process/account.h"

#include <cstring>
#include <string>

#include "platform/windows_error.h"
#include "support/harness.h"

using schannel::Account;
using schannel::AccountApi;
using schannel::AccountOfName;
using schannel::AccountOfSid;
using schannel::Bytes;
using schannel::kSystemAccountApi;

namespace {

const Bytes kNetworkService = {1, 1, 0, 0, 0, 0, 0, 5, 20, 0, 0, 0};

DWORD scripted_error = ERROR_SUCCESS;
std::wstring scripted_name;

BOOL Refuse(DWORD error) {
  SetLastError(error);
  return FALSE;
}

// The length of a text is with its terminator if there is no room for it, and else without.
bool Put(const std::wstring& text, LPWSTR output, LPDWORD size) {
  const auto needed = static_cast<DWORD>(text.size() + 1);
  const bool fits = output != nullptr && *size >= needed;
  if (fits) std::wmemcpy(output, text.c_str(), needed);
  *size = fits ? needed - 1 : needed;
  return fits;
}

BOOL WINAPI LookupName(LPCWSTR system, LPCWSTR name, PSID sid, LPDWORD sid_size, LPWSTR domain,
                       LPDWORD domain_size, PSID_NAME_USE use) {
  CHECK(system == nullptr);
  scripted_name = name;
  if (scripted_error != ERROR_SUCCESS) return Refuse(scripted_error);
  const bool fits = sid != nullptr && *sid_size >= kNetworkService.size();
  if (fits) std::memcpy(sid, kNetworkService.data(), kNetworkService.size());
  *sid_size = static_cast<DWORD>(kNetworkService.size());
  const bool domain_fits = Put(L"NT AUTHORITY", domain, domain_size);
  if (!fits || !domain_fits) return Refuse(ERROR_INSUFFICIENT_BUFFER);
  *use = SidTypeWellKnownGroup;
  return TRUE;
}

BOOL WINAPI LookupSid(LPCWSTR, PSID sid, LPWSTR name, LPDWORD name_size, LPWSTR domain,
                      LPDWORD domain_size, PSID_NAME_USE use) {
  CHECK(std::memcmp(sid, kNetworkService.data(), kNetworkService.size()) == 0);
  if (scripted_error != ERROR_SUCCESS) return Refuse(scripted_error);
  const bool name_fits = Put(L"NETWORK SERVICE", name, name_size);
  const bool domain_fits = Put(L"", domain, domain_size);
  if (!name_fits || !domain_fits) return Refuse(ERROR_INSUFFICIENT_BUFFER);
  *use = SidTypeUser;
  return TRUE;
}

constexpr AccountApi kScripted = {&LookupName, &LookupSid};

}  // namespace

TEST(name_has_an_identifier_and_a_domain) {
  scripted_error = ERROR_SUCCESS;
  const Account account = AccountOfName(kScripted, L"network service");
  CHECK(scripted_name == L"network service");
  CHECK(account.sid == kNetworkService);
  CHECK(account.domain == L"NT AUTHORITY");
  CHECK(account.use == SidTypeWellKnownGroup);
}

TEST(identifier_has_a_name_and_may_have_no_domain) {
  scripted_error = ERROR_SUCCESS;
  const Account account = AccountOfSid(kScripted, kNetworkService);
  CHECK(account.name == L"NETWORK SERVICE");
  CHECK(account.domain.empty());
  CHECK(account.use == SidTypeUser);
}

TEST(absence_is_told) {
  scripted_error = ERROR_NONE_MAPPED;
  CHECK_EQUAL(
      CHECK_THROWS(static_cast<void>(AccountOfName(kScripted, L"nobody")), ERROR_NONE_MAPPED),
      "LookupAccountNameW");
  CHECK_EQUAL(
      CHECK_THROWS(static_cast<void>(AccountOfSid(kScripted, kNetworkService)), ERROR_NONE_MAPPED),
      "LookupAccountSidW");
}

TEST(malformed_identifier_reaches_no_function) {
  for (const Bytes& bytes : {Bytes{}, Bytes{1, 1, 0, 0, 0, 0, 0, 5}, Bytes(76, 1)}) {
    CHECK_THROWS(static_cast<void>(AccountOfSid(kScripted, bytes)), ERROR_INVALID_SID);
  }
}

TEST(system_knows_its_own_accounts) {
  const Account account = AccountOfSid(kSystemAccountApi, kNetworkService);
  CHECK(!account.name.empty());
  CHECK(AccountOfName(kSystemAccountApi, account.domain + L"\\" + account.name).sid ==
        kNetworkService);
}
