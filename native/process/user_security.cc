#include "process/user_security.h"

#include <vector>

#include "platform/windows_error.h"

namespace schannel {
namespace {

// TOKEN_USER and the SID behind it.
std::vector<BYTE> TokenUserOf(HANDLE token) {
  DWORD size = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &size);
  std::vector<BYTE> user(size);
  if (!GetTokenInformation(token, TokenUser, user.data(), size, &size)) {
    throw LastError("GetTokenInformation");
  }
  return user;
}

std::vector<BYTE> UserOfThisProcess() {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
    throw LastError("OpenProcessToken");
  }
  try {
    std::vector<BYTE> user = TokenUserOf(token);
    CloseHandle(token);
    return user;
  } catch (...) {
    CloseHandle(token);
    throw;
  }
}

}  // namespace

std::wstring UserSid() {
  const std::vector<BYTE> user = UserOfThisProcess();
  wchar_t* text = nullptr;
  if (!ConvertSidToStringSidW(reinterpret_cast<const TOKEN_USER*>(user.data())->User.Sid, &text)) {
    throw LastError("ConvertSidToStringSidW");
  }
  std::wstring sid(text);
  LocalFree(text);
  return sid;
}

UserSecurity::UserSecurity(const std::wstring& sid) {
  // "Security Descriptor String Format": protected; all access for the user and for SYSTEM.
  const std::wstring text = L"D:P(A;;GA;;;" + sid + L")(A;;GA;;;SY)";
  attributes_.nLength = sizeof(attributes_);
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
          text.c_str(), SDDL_REVISION_1, &attributes_.lpSecurityDescriptor, nullptr)) {
    throw LastError("ConvertStringSecurityDescriptorToSecurityDescriptorW");
  }
}

UserSecurity::~UserSecurity() { LocalFree(attributes_.lpSecurityDescriptor); }

}  // namespace schannel
