// Real folders, and what their security descriptors say.
#include "file/file_rights.h"

#include <string>

#include "platform/windows_error.h"
#include "process/user_security.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::WindowsError;

namespace {

// A name that nobody has, in the temporary folder; the folder of that name goes with it.
class Name {
 public:
  Name() {
    wchar_t root[MAX_PATH] = {};
    GetTempPathW(MAX_PATH, root);
    path_ = std::wstring(root) + L"schannel-rights-" + std::to_wstring(GetCurrentProcessId()) +
            L"-" + std::to_wstring(GetTickCount64());
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;
  ~Name() { RemoveDirectoryW(path_.c_str()); }

  [[nodiscard]] const std::wstring& path() const { return path_; }

 private:
  std::wstring path_;
};

std::wstring TextOf(Bytes descriptor) {
  wchar_t* text = nullptr;
  CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorW(
      descriptor.data(), SDDL_REVISION_1, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
      &text, nullptr));
  std::wstring copy(text);
  LocalFree(text);
  return copy;
}

bool Has(const std::wstring& text, const std::wstring& part) {
  return text.find(part) != std::wstring::npos;
}

}  // namespace

TEST(folder_has_the_rights_that_it_is_given) {
  const Name name;
  schannel::CreateFolder(name.path(), L"D:P(A;OICI;FA;;;" + schannel::UserSid() + L")");
  const auto rights = schannel::FileRights(name.path());
  CHECK(rights.has_value());
  const std::wstring text = TextOf(*rights);
  CHECK(Has(text, L"O:"));
  CHECK(!Has(text, L";FA;;;WD)"));
}

TEST(folder_that_everybody_may_write_says_so) {
  const Name name;
  schannel::CreateFolder(name.path(), L"D:P(A;OICI;FA;;;WD)");
  CHECK(Has(TextOf(schannel::FileRights(name.path()).value()), L";;;WD)"));
}

TEST(folder_that_exists_is_not_created_again) {
  const Name name;
  schannel::CreateFolder(name.path(), L"D:P(A;OICI;FA;;;WD)");
  CHECK_EQUAL(CHECK_THROWS(schannel::CreateFolder(name.path(), L"D:P"), ERROR_ALREADY_EXISTS),
              "CreateDirectoryW");
}

TEST(rights_of_what_is_not_there_are_refused) {
  const Name name;
  CHECK_EQUAL(CHECK_THROWS(schannel::FileRights(name.path()), ERROR_FILE_NOT_FOUND),
              "GetFileSecurityW");
}
