#include "file/whole_file.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include "handle/handles.h"
#include "platform/security_attributes.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr size_t kPiece = size_t{1} << 20;

// FileRenameInfoEx and its flags, for headers of Windows 10 before version 1607 ([MS-FSCC] 2.4.43).
constexpr auto kRenameInfoEx = static_cast<FILE_INFO_BY_HANDLE_CLASS>(22);
constexpr DWORD kReplaceIfExists = 1;
constexpr DWORD kPosixSemantics = 2;

// How often and how long the program is waited for that keeps the older file open: a second.
constexpr int kAttempts = 20;
constexpr DWORD kPauseMs = 50;

// FILE_RENAME_INFO with the name behind it. Without flags, ReplaceIfExists is in the same place.
std::vector<uint8_t> RenameTo(const std::wstring& path, DWORD flags) {
  const size_t length = path.size() * sizeof(wchar_t);
  std::vector<uint8_t> buffer(offsetof(FILE_RENAME_INFO, FileName) + length + sizeof(wchar_t));
  auto* const info = reinterpret_cast<FILE_RENAME_INFO*>(buffer.data());
  std::memcpy(info, &flags, sizeof(flags));
  info->FileNameLength = static_cast<DWORD>(length);
  std::memcpy(info->FileName, path.c_str(), length);
  return buffer;
}

// An older Windows, or a file system such as FAT or that of another server.
bool IsUnknownThere(DWORD error) noexcept {
  return error == ERROR_INVALID_PARAMETER || error == ERROR_NOT_SUPPORTED ||
         error == ERROR_INVALID_FUNCTION || error == ERROR_INVALID_LEVEL ||
         error == ERROR_CALL_NOT_IMPLEMENTED;
}

// Somebody has the older file open. Windows also says ERROR_ACCESS_DENIED for that.
bool IsInUse(DWORD error) noexcept {
  return error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION ||
         error == ERROR_USER_MAPPED_FILE;
}

// A new file that nobody else can open, and that goes with its handle until it is kept.
class TemporaryFile {
 public:
  TemporaryFile(const FileApi& api, const std::wstring& path, SECURITY_ATTRIBUTES* security)
      : api_(api),
        path_(path),
        handle_(api.create(path.c_str(), GENERIC_WRITE | DELETE, 0, security, CREATE_NEW,
                           FILE_ATTRIBUTE_NORMAL, nullptr)) {
    if (!handle_) throw LastError("CreateFileW");
    goes_ = SetGoing(true);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (kept_ || goes_ || SetGoing(true)) return;
    // A file system that has no such thing.
    handle_.Reset();
    DeleteFileW(path_.c_str());
  }

  void Write(ByteView bytes) {
    while (bytes.size != 0) {
      const auto size = static_cast<DWORD>(std::min(bytes.size, kPiece));
      DWORD written = 0;
      if (!api_.write(handle_.get(), bytes.data, size, &written, nullptr)) {
        throw LastError("WriteFile");
      }
      if (written == 0) throw WindowsError(ERROR_WRITE_FAULT, "WriteFile");
      bytes = bytes.Tail(bytes.size - written);
    }
    // Without it a power failure may leave the name with nothing behind it.
    if (!api_.flush(handle_.get())) throw LastError("FlushFileBuffers");
  }

  void Keep(const std::wstring& path, bool replace) {
    for (int left = replace ? kAttempts : 1;;) {
      // A file that is to go takes no other name.
      if (goes_ && !SetGoing(false)) throw LastError("SetFileInformationByHandle");
      goes_ = false;
      const DWORD error = Rename(path, replace);
      if (error == ERROR_SUCCESS) break;
      // This process may be killed while it waits.
      goes_ = SetGoing(true);
      if (!IsInUse(error) || --left == 0) {
        throw WindowsError(static_cast<LONG>(error), "SetFileInformationByHandle");
      }
      api_.wait(kPauseMs);
    }
    kept_ = true;
  }

 private:
  // Readers that share the older file for deletion, as node does, keep it, and programs that open
  // the name from now on get the new one. Other readers have to close it first.
  DWORD Rename(const std::wstring& path, bool replace) {
    if (replace && knows_posix_) {
      const DWORD error = Set(kRenameInfoEx, RenameTo(path, kReplaceIfExists | kPosixSemantics));
      if (!IsUnknownThere(error)) return error;
      knows_posix_ = false;
    }
    return Set(FileRenameInfo, RenameTo(path, replace ? kReplaceIfExists : 0));
  }

  DWORD Set(FILE_INFO_BY_HANDLE_CLASS what, std::vector<uint8_t> info) {
    return api_.set_information(handle_.get(), what, info.data(), static_cast<DWORD>(info.size()))
               ? ERROR_SUCCESS
               : GetLastError();
  }

  bool SetGoing(bool going) noexcept {
    FILE_DISPOSITION_INFO info = {};
    info.DeleteFile = going ? TRUE : FALSE;
    return api_.set_information(handle_.get(), FileDispositionInfo, &info, sizeof(info)) != FALSE;
  }

  const FileApi& api_;
  const std::wstring& path_;
  UniqueFile handle_;
  bool goes_ = false;
  bool kept_ = false;
  bool knows_posix_ = true;
};

}  // namespace

void WriteWhole(const FileApi& api, const WholeFile& file) {
  std::optional<SecurityAttributes> security;
  if (!file.security.empty()) security.emplace(file.security);
  TemporaryFile temporary(api, file.temporary, security ? security->get() : nullptr);
  temporary.Write(file.content.view());
  temporary.Keep(file.path, file.replace);
}

}  // namespace schannel
