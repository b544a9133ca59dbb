// Who may do what with a file or a folder.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>

#include "platform/bytes.h"

namespace schannel {

// Owner and access list, as a self-relative security descriptor; nothing where the volume keeps no
// rights, such as a stick with FAT. Throws WindowsError.
[[nodiscard]] std::optional<Bytes> FileRights(const std::wstring& path);

// Creates a folder with a security descriptor as a string ("Security Descriptor String Format").
// Throws WindowsError: ERROR_ALREADY_EXISTS.
void CreateFolder(const std::wstring& path, const std::wstring& security);

}  // namespace schannel
