#include "file/file_rights.h"

#include <algorithm>

#include "platform/security_attributes.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

bool KeepsRights(const std::wstring& path) {
  // Not longer than the path, but for a backslash and the terminator.
  std::wstring root(std::max<size_t>(path.size() + 2, MAX_PATH), L'\0');
  if (!GetVolumePathNameW(path.c_str(), root.data(), static_cast<DWORD>(root.size()))) {
    throw LastError("GetVolumePathNameW");
  }
  DWORD flags = 0;
  if (!GetVolumeInformationW(root.c_str(), nullptr, 0, nullptr, nullptr, &flags, nullptr, 0)) {
    throw LastError("GetVolumeInformationW");
  }
  return (flags & FILE_PERSISTENT_ACLS) != 0;
}

}  // namespace

std::optional<Bytes> FileRights(const std::wstring& path) {
  if (!KeepsRights(path)) return std::nullopt;
  DWORD size = 0;
  if (GetFileSecurityW(path.c_str(), kParts, nullptr, 0, &size) ||
      GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
    throw LastError("GetFileSecurityW");
  }
  Bytes descriptor(size);
  if (!GetFileSecurityW(path.c_str(), kParts, descriptor.data(), size, &size)) {
    throw LastError("GetFileSecurityW");
  }
  return descriptor;
}

void CreateFolder(const std::wstring& path, const std::wstring& security) {
  SecurityAttributes attributes(security);
  if (!CreateDirectoryW(path.c_str(), attributes.get())) throw LastError("CreateDirectoryW");
}

}  // namespace schannel
