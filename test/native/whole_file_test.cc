// Real files in a separate folder; a table of functions that looks at them, or fails, in
// between.
#include "file/whole_file.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "process/user_security.h"
#include "support/harness.h"

using schannel::FileApi;
using schannel::HandleKind;
using schannel::LiveHandles;
using schannel::Secret;
using schannel::WholeFile;
using schannel::WindowsError;

namespace {

constexpr UINT kKilled = 9;

// All access for everybody.
constexpr wchar_t kEverybody[] = L"D:P(A;;FA;;;WD)";

class Folder {
 public:
  Folder() {
    wchar_t root[MAX_PATH] = {};
    GetTempPathW(MAX_PATH, root);
    path_ = std::wstring(root) + L"schannel-file-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
            std::to_wstring(GetTickCount64());
    CHECK(CreateDirectoryW(path_.c_str(), nullptr));
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    for (const std::wstring& name : Names()) DeleteFileW(In(name).c_str());
    RemoveDirectoryW(path_.c_str());
  }

  [[nodiscard]] std::wstring In(const std::wstring& name) const { return path_ + L"\\" + name; }

  [[nodiscard]] std::vector<std::wstring> Names() const {
    std::vector<std::wstring> names;
    WIN32_FIND_DATAW found = {};
    const HANDLE search = FindFirstFileW(In(L"*").c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) return names;
    do {
      if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
        names.push_back(found.cFileName);
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return names;
  }

  [[nodiscard]] std::string Read(const std::wstring& name) const {
    const HANDLE file = CreateFileW(In(name).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                    OPEN_EXISTING, 0, nullptr);
    CHECK(file != INVALID_HANDLE_VALUE);
    std::string text(64, '\0');
    DWORD size = 0;
    const BOOL read = ReadFile(file, text.data(), static_cast<DWORD>(text.size()), &size, nullptr);
    CloseHandle(file);
    CHECK(read);
    text.resize(size);
    return text;
  }

 private:
  std::wstring path_;
};

WholeFile File(const Folder& folder, const std::string& text, bool replace) {
  WholeFile file;
  file.path = folder.In(L"key.pem");
  file.temporary = folder.In(L".key.pem.tmp");
  file.security = kEverybody;
  file.content =
      Secret(schannel::ByteView(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  file.replace = replace;
  return file;
}

// The access control list as a string: "D:P(A;;FA;;;WD)".
std::wstring PermissionsOf(const std::wstring& path) {
  DWORD size = 0;
  GetFileSecurityW(path.c_str(), DACL_SECURITY_INFORMATION, nullptr, 0, &size);
  std::vector<uint8_t> descriptor(size);
  CHECK(GetFileSecurityW(path.c_str(), DACL_SECURITY_INFORMATION, descriptor.data(), size, &size));
  wchar_t* text = nullptr;
  CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorW(
      descriptor.data(), SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, nullptr));
  const std::wstring permissions(text);
  LocalFree(text);
  return permissions;
}

// Who has an entry in it: "WD".
std::vector<std::wstring> TrusteesIn(const std::wstring& permissions) {
  std::vector<std::wstring> trustees;
  for (size_t end = permissions.find(L')'); end != std::wstring::npos;
       end = permissions.find(L')', end + 1)) {
    const size_t start = permissions.rfind(L';', end) + 1;
    trustees.push_back(permissions.substr(start, end - start));
  }
  CHECK(!trustees.empty());
  return trustees;
}

bool IsOnly(const std::vector<std::wstring>& names, const wchar_t* name) {
  return names.size() == 1 && names[0] == name;
}

// FileRenameInfoEx, which older headers lack.
constexpr auto kRenameInfoEx = static_cast<FILE_INFO_BY_HANDLE_CLASS>(22);

// What the scripted functions saw, and are to do.
struct Script {
  bool is_shared = false;
  bool kill = false;
  DWORD write_error = ERROR_SUCCESS;
  DWORD piece = MAXDWORD;
  int writes = 0;
  FILE_INFO_BY_HANDLE_CLASS refused = MaximumFileInfoByHandleClass;
  DWORD refusal = ERROR_NOT_SUPPORTED;
  std::vector<FILE_INFO_BY_HANDLE_CLASS> asked;
  DWORD flags = 0;
  // A reader of the older file. It closes it at the last of these pauses.
  HANDLE reader = INVALID_HANDLE_VALUE;
  bool goes = false;
  int pauses = 0;
  int paused = 0;
};
Script script;

BOOL WINAPI Write(HANDLE file, LPCVOID bytes, DWORD size, LPDWORD written,
                  LPOVERLAPPED overlapped) {
  ++script.writes;
  if (script.write_error != ERROR_SUCCESS) {
    SetLastError(script.write_error);
    return FALSE;
  }
  const BOOL done =
      WriteFile(file, bytes, size < script.piece ? size : script.piece, written, overlapped);
  if (script.kill) TerminateProcess(GetCurrentProcess(), kKilled);
  return done;
}

BOOL WINAPI SetInformation(HANDLE file, FILE_INFO_BY_HANDLE_CLASS what, LPVOID info, DWORD size) {
  script.asked.push_back(what);
  if (what == FileRenameInfo || what == kRenameInfoEx) {
    std::memcpy(&script.flags, info, sizeof(script.flags));
  }
  if (what == script.refused) {
    SetLastError(script.refusal);
    return FALSE;
  }
  if (what == FileDispositionInfo) {
    script.goes = static_cast<const FILE_DISPOSITION_INFO*>(info)->DeleteFile != FALSE;
  }
  return SetFileInformationByHandle(file, what, info, size);
}

HANDLE WINAPI Create(LPCWSTR path, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security,
                     DWORD disposition, DWORD flags, HANDLE pattern) {
  script.is_shared = share != 0;
  return CreateFileW(path, access, share, security, disposition, flags, pattern);
}

void WINAPI Wait(DWORD) {
  // However long it takes: a process that is killed leaves nothing.
  CHECK(script.goes);
  if (++script.paused == script.pauses) CloseHandle(script.reader);
}

FileApi Scripted() {
  script = {};
  FileApi api;
  api.create = Create;
  api.write = Write;
  api.set_information = SetInformation;
  api.wait = Wait;
  return api;
}

bool IsWine() {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

// Opens the file to read it. @param share FILE_SHARE_DELETE lets others replace it
HANDLE OpenReader(const Folder& folder, DWORD share) {
  const HANDLE reader = CreateFileW(folder.In(L"key.pem").c_str(), GENERIC_READ,
                                    FILE_SHARE_READ | share, nullptr, OPEN_EXISTING, 0, nullptr);
  CHECK(reader != INVALID_HANDLE_VALUE);
  return reader;
}

constexpr wchar_t kVictim[] = L"SCHANNEL_TEST_VICTIM";

// This program as another process, which is killed when the first byte is on disk.
struct Victim {
  Victim() {
    wchar_t path[MAX_PATH] = {};
    if (GetEnvironmentVariableW(kVictim, path, MAX_PATH) == 0) return;
    const FileApi api = Scripted();
    script.kill = true;
    WholeFile file;
    file.path = path;
    file.temporary = std::wstring(path) + L".tmp";
    file.security = kEverybody;
    file.content = Secret(16);
    schannel::WriteWhole(api, file);
  }
} victim;

DWORD RunVictim(const std::wstring& path) {
  wchar_t program[MAX_PATH] = {};
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  SetEnvironmentVariableW(kVictim, path.c_str());
  STARTUPINFOW start = {};
  start.cb = sizeof(start);
  PROCESS_INFORMATION process = {};
  const BOOL started = CreateProcessW(program, nullptr, nullptr, nullptr, FALSE, 0, nullptr,
                                      nullptr, &start, &process);
  SetEnvironmentVariableW(kVictim, nullptr);
  CHECK(started);
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(process.hProcess, &code);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return code;
}

}  // namespace

TEST(file_is_written_and_takes_its_name) {
  const Folder folder;
  const FileApi api = Scripted();
  schannel::WriteWhole(api, File(folder, "secret", false));
  CHECK(IsOnly(folder.Names(), L"key.pem"));
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("secret"));
  CHECK(!script.is_shared);
  CHECK_EQUAL(LiveHandles(HandleKind::kFile).load(), 0);
}

TEST(file_has_the_permissions_that_it_is_given) {
  const Folder folder;
  const std::wstring user = schannel::UserSid();
  WholeFile file = File(folder, "secret", false);
  file.security = L"D:P(A;;FA;;;" + user + L")(A;;FA;;;OW)";
  schannel::WriteWhole(schannel::kSystemFileApi, file);
  for (const std::wstring& who : TrusteesIn(PermissionsOf(file.path))) {
    // Wine keeps a mode, and reports the system too; the machine's administrator has a short name.
    CHECK(who == user || who == L"OW" || who == L"SY" || who == L"LA");
  }
  schannel::WriteWhole(schannel::kSystemFileApi, File(folder, "public", true));
  const std::vector<std::wstring> all = TrusteesIn(PermissionsOf(file.path));
  CHECK(std::find(all.begin(), all.end(), L"WD") != all.end());
}

// As one that any program makes there.
TEST(file_without_a_descriptor_has_the_permissions_of_its_folder) {
  const Folder folder;
  WholeFile file = File(folder, "public", false);
  file.security.clear();
  schannel::WriteWhole(schannel::kSystemFileApi, file);
  const std::wstring other = folder.In(L"other");
  CloseHandle(CreateFileW(other.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, 0, nullptr));
  CHECK(PermissionsOf(file.path) == PermissionsOf(other));
  CHECK(PermissionsOf(file.path) != std::wstring(kEverybody));
}

TEST(file_goes_with_a_process_that_is_killed_while_it_is_written) {
  const Folder folder;
  CHECK_EQUAL(RunVictim(folder.In(L"key.pem")), DWORD{kKilled});
  CHECK(folder.Names().empty());
}

TEST(file_is_written_piece_by_piece) {
  const Folder folder;
  const FileApi api = Scripted();
  script.piece = 4;
  schannel::WriteWhole(api, File(folder, "0123456789", false));
  CHECK_EQUAL(script.writes, 3);
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("0123456789"));
}

TEST(file_is_replaced_only_if_told) {
  const Folder folder;
  const FileApi api = Scripted();
  schannel::WriteWhole(api, File(folder, "older", false));
  CHECK_EQUAL(
      CHECK_THROWS(schannel::WriteWhole(api, File(folder, "newer", false)), ERROR_ALREADY_EXISTS),
      "SetFileInformationByHandle");
  CHECK(IsOnly(folder.Names(), L"key.pem"));
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("older"));
  schannel::WriteWhole(api, File(folder, "newer", true));
  CHECK(IsOnly(folder.Names(), L"key.pem"));
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("newer"));
}

// FILE_RENAME_FLAG_REPLACE_IF_EXISTS and FILE_RENAME_FLAG_POSIX_SEMANTICS.
TEST(replacing_asks_for_posix_semantics_and_a_new_file_does_not) {
  const Folder folder;
  const FileApi api = Scripted();
  schannel::WriteWhole(api, File(folder, "older", false));
  CHECK_EQUAL(script.asked.back(), FileRenameInfo);
  CHECK_EQUAL(script.flags, DWORD{0});
  script.refused = kRenameInfoEx;
  script.refusal = ERROR_DISK_FULL;
  CHECK_THROWS(schannel::WriteWhole(api, File(folder, "newer", true)), ERROR_DISK_FULL);
  CHECK_EQUAL(script.flags, DWORD{3});
}

// A server that delivers the older file while the next one is written.
TEST(file_is_replaced_while_a_reader_has_the_older_one) {
  if (IsWine()) throw test::Skipped("Wine replaces no file that somebody has open");
  const Folder folder;
  const FileApi api = Scripted();
  schannel::WriteWhole(api, File(folder, "older", false));
  const HANDLE reader = OpenReader(folder, FILE_SHARE_DELETE);
  schannel::WriteWhole(api, File(folder, "newer", true));
  CHECK_EQUAL(script.paused, 0);
  char text[8] = {};
  DWORD size = 0;
  CHECK(ReadFile(reader, text, sizeof(text), &size, nullptr));
  CHECK_EQUAL(std::string(text, size), std::string("older"));
  CloseHandle(reader);
  CHECK(IsOnly(folder.Names(), L"key.pem"));
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("newer"));
}

TEST(reader_that_shares_nothing_is_waited_for) {
  const Folder folder;
  const FileApi api = Scripted();
  schannel::WriteWhole(api, File(folder, "older", false));
  script.reader = OpenReader(folder, 0);
  script.pauses = 3;
  schannel::WriteWhole(api, File(folder, "newer", true));
  CHECK_EQUAL(script.paused, 3);
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("newer"));
}

TEST(reader_that_stays_is_waited_for_only_so_long) {
  for (const DWORD busy : {ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE}) {
    const Folder folder;
    const FileApi api = Scripted();
    schannel::WriteWhole(api, File(folder, "older", false));
    script.refused = kRenameInfoEx;
    script.refusal = busy;
    CHECK_THROWS(schannel::WriteWhole(api, File(folder, "newer", true)), busy);
    CHECK_EQUAL(script.paused, 19);
    CHECK(IsOnly(folder.Names(), L"key.pem"));
    CHECK_EQUAL(folder.Read(L"key.pem"), std::string("older"));
  }
}

TEST(nobody_is_waited_for_where_nothing_is_replaced) {
  const Folder folder;
  const FileApi api = Scripted();
  script.refused = FileRenameInfo;
  script.refusal = ERROR_ACCESS_DENIED;
  CHECK_THROWS(schannel::WriteWhole(api, File(folder, "secret", false)), ERROR_ACCESS_DENIED);
  CHECK_EQUAL(script.paused, 0);
  CHECK(folder.Names().empty());
}

// Windows before version 1607, FAT, and other servers.
TEST(file_is_replaced_where_posix_semantics_are_unknown) {
  for (const DWORD refusal : {ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED, ERROR_INVALID_FUNCTION,
                              ERROR_INVALID_LEVEL, ERROR_CALL_NOT_IMPLEMENTED}) {
    const Folder folder;
    const FileApi api = Scripted();
    schannel::WriteWhole(api, File(folder, "older", false));
    script.refused = kRenameInfoEx;
    script.refusal = refusal;
    schannel::WriteWhole(api, File(folder, "newer", true));
    CHECK_EQUAL(folder.Read(L"key.pem"), std::string("newer"));
    CHECK_EQUAL(script.asked.back(), FileRenameInfo);
  }
}

TEST(full_disk_leaves_nothing) {
  const Folder folder;
  const FileApi api = Scripted();
  script.write_error = ERROR_DISK_FULL;
  CHECK_EQUAL(
      CHECK_THROWS(schannel::WriteWhole(api, File(folder, "secret", false)), ERROR_DISK_FULL),
      "WriteFile");
  CHECK(folder.Names().empty());
  CHECK_EQUAL(LiveHandles(HandleKind::kFile).load(), 0);
}

TEST(file_that_cannot_take_its_name_leaves_nothing) {
  const Folder folder;
  const FileApi api = Scripted();
  script.refused = FileRenameInfo;
  CHECK_THROWS(schannel::WriteWhole(api, File(folder, "secret", false)), ERROR_NOT_SUPPORTED);
  CHECK(folder.Names().empty());
}

// A file system without it is one where a crash leaves the temporary file; a failure does not.
TEST(file_system_that_cannot_mark_files_is_written_to) {
  const Folder folder;
  const FileApi api = Scripted();
  script.refused = FileDispositionInfo;
  schannel::WriteWhole(api, File(folder, "secret", false));
  CHECK(IsOnly(folder.Names(), L"key.pem"));
  script.write_error = ERROR_DISK_FULL;
  CHECK_THROWS(schannel::WriteWhole(api, File(folder, "newer", true)), ERROR_DISK_FULL);
  CHECK(IsOnly(folder.Names(), L"key.pem"));
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("secret"));
}

TEST(name_that_somebody_has_is_not_written_over) {
  const Folder folder;
  const FileApi api = Scripted();
  WholeFile file = File(folder, "secret", false);
  file.temporary = file.path;
  schannel::WriteWhole(api, File(folder, "older", false));
  CHECK_EQUAL(CHECK_THROWS(schannel::WriteWhole(api, file), ERROR_FILE_EXISTS), "CreateFileW");
  CHECK_EQUAL(folder.Read(L"key.pem"), std::string("older"));
}

TEST(descriptor_that_is_none_is_refused) {
  const Folder folder;
  WholeFile file = File(folder, "secret", false);
  file.security = L"nonsense";
  CHECK_EQUAL(
      CHECK_THROWS(schannel::WriteWhole(schannel::kSystemFileApi, file), ERROR_INVALID_PARAMETER),
      "ConvertStringSecurityDescriptorToSecurityDescriptorW");
  CHECK(folder.Names().empty());
}
