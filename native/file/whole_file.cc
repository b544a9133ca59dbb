#include "file/whole_file.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "handle/handles.h"
#include "platform/security_attributes.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr size_t kPiece = size_t{1} << 20;

// FILE_RENAME_INFO with the name behind it.
std::vector<uint8_t> RenameTo(const std::wstring& path, bool replace) {
  const size_t length = path.size() * sizeof(wchar_t);
  std::vector<uint8_t> buffer(offsetof(FILE_RENAME_INFO, FileName) + length + sizeof(wchar_t));
  auto* const info = reinterpret_cast<FILE_RENAME_INFO*>(buffer.data());
  info->ReplaceIfExists = replace ? TRUE : FALSE;
  info->FileNameLength = static_cast<DWORD>(length);
  std::memcpy(info->FileName, path.c_str(), length);
  return buffer;
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
    // A file that is to go takes no other name.
    if (goes_ && !SetGoing(false)) throw LastError("SetFileInformationByHandle");
    goes_ = false;
    std::vector<uint8_t> rename = RenameTo(path, replace);
    if (!api_.set_information(handle_.get(), FileRenameInfo, rename.data(),
                              static_cast<DWORD>(rename.size()))) {
      throw LastError("SetFileInformationByHandle");
    }
    kept_ = true;
  }

 private:
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
};

}  // namespace

void WriteWhole(const FileApi& api, const WholeFile& file) {
  SecurityAttributes security(file.security);
  TemporaryFile temporary(api, file.temporary, security.get());
  temporary.Write(file.content.view());
  temporary.Keep(file.path, file.replace);
}

}  // namespace schannel
