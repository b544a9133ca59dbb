#include "process/user_security.h"

#include <vector>

#include "platform/windows_error.h"

namespace schannel {
namespace {

class OwnToken {
 public:
  OwnToken() {
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle_)) {
      throw LastError("OpenProcessToken");
    }
  }
  OwnToken(const OwnToken&) = delete;
  OwnToken& operator=(const OwnToken&) = delete;
  ~OwnToken() { CloseHandle(handle_); }

  [[nodiscard]] HANDLE get() const noexcept { return handle_; }

 private:
  HANDLE handle_ = nullptr;
};

// TOKEN_USER and the SID behind it.
std::vector<BYTE> UserOfThisProcess() {
  const OwnToken token;
  DWORD size = 0;
  GetTokenInformation(token.get(), TokenUser, nullptr, 0, &size);
  std::vector<BYTE> user(size);
  if (!GetTokenInformation(token.get(), TokenUser, user.data(), size, &size)) {
    throw LastError("GetTokenInformation");
  }
  return user;
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

bool IsAppContainer(const KernelApi& api) {
  const OwnToken token;
  DWORD is_app_container = 0;
  DWORD size = 0;
  if (api.token_information(token.get(), TokenIsAppContainer, &is_app_container,
                            sizeof(is_app_container), &size)) {
    return is_app_container != 0;
  }
  // Windows 7 has no app containers and does not know the question.
  if (GetLastError() == ERROR_INVALID_PARAMETER) return false;
  throw LastError("GetTokenInformation");
}

// Protected; all access for the user and for SYSTEM.
UserSecurity::UserSecurity(const std::wstring& sid)
    : attributes_(L"D:P(A;;GA;;;" + sid + L")(A;;GA;;;SY)") {}

}  // namespace schannel
