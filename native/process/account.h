// Accounts and groups of Windows: their names, and their security identifiers.
#pragma once

#include "platform/win.h"

#include <string>

#include "platform/bytes.h"

namespace schannel {

// Windows' own functions, or those of a test.
struct AccountApi {
  decltype(&LookupAccountNameW) lookup_name = LookupAccountNameW;
  decltype(&LookupAccountSidW) lookup_sid = LookupAccountSidW;
};

inline const AccountApi kSystemAccountApi = {};

struct Account {
  Bytes sid;
  std::wstring domain;
  std::wstring name;
  SID_NAME_USE use = SidTypeUnknown;
};

// Both may ask a domain controller, and throw WindowsError: ERROR_NONE_MAPPED if there is no such
// account. The name is as LookupAccountNameW takes it: "NAME", "DOMAIN\NAME", "name@domain".
[[nodiscard]] Account AccountOfName(const AccountApi& api, const std::wstring& name);
[[nodiscard]] Account AccountOfSid(const AccountApi& api, ByteView sid);

}  // namespace schannel
