#include "process/account.h"

#include <cstring>
#include <cwchar>

#include "platform/windows_error.h"

namespace schannel {
namespace {

// An identifier is read as far as it says that it goes.
bool IsSid(ByteView bytes) {
  constexpr size_t kHead = 8;
  return bytes.size >= kHead && bytes.data[0] == SID_REVISION &&
         bytes.data[1] <= SID_MAX_SUB_AUTHORITIES &&
         bytes.size == GetSidLengthRequired(bytes.data[1]);
}

// Both lengths are with the terminator when there is no room, and without it when there is.
void Trim(std::wstring& text) { text.resize(std::wcslen(text.c_str())); }

}  // namespace

Account AccountOfName(const AccountApi& api, const std::wstring& name) {
  Account account;
  DWORD sid_size = 0;
  DWORD domain_size = 0;
  if (api.lookup_name(nullptr, name.c_str(), nullptr, &sid_size, nullptr, &domain_size,
                      &account.use) ||
      GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
    throw LastError("LookupAccountNameW");
  }
  account.sid.resize(sid_size);
  account.domain.resize(domain_size + size_t{1});
  domain_size += 1;
  if (!api.lookup_name(nullptr, name.c_str(), account.sid.data(), &sid_size, account.domain.data(),
                       &domain_size, &account.use)) {
    throw LastError("LookupAccountNameW");
  }
  account.sid.resize(GetLengthSid(account.sid.data()));
  Trim(account.domain);
  account.name = name;
  return account;
}

Account AccountOfSid(const AccountApi& api, ByteView sid) {
  if (!IsSid(sid)) throw WindowsError(static_cast<LONG>(ERROR_INVALID_SID), "LookupAccountSidW");
  Account account;
  account.sid = sid.Copy();
  DWORD name_size = 0;
  DWORD domain_size = 0;
  if (api.lookup_sid(nullptr, account.sid.data(), nullptr, &name_size, nullptr, &domain_size,
                     &account.use) ||
      GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
    throw LastError("LookupAccountSidW");
  }
  account.name.resize(name_size + size_t{1});
  account.domain.resize(domain_size + size_t{1});
  name_size += 1;
  domain_size += 1;
  if (!api.lookup_sid(nullptr, account.sid.data(), account.name.data(), &name_size,
                      account.domain.data(), &domain_size, &account.use)) {
    throw LastError("LookupAccountSidW");
  }
  Trim(account.name);
  Trim(account.domain);
  return account;
}

}  // namespace schannel
