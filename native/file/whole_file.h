// Files that are there as a whole or not at all.
#pragma once

#include "platform/win.h"

#include <string>

#include "file/file_api.h"
#include "platform/secret.h"

namespace schannel {

struct WholeFile {
  // Both in full, in one folder.
  std::wstring path;
  std::wstring temporary;
  // The security descriptor as a string ("Security Descriptor String Format"): who may do what with
  // the file from its first byte on. Empty for what it inherits from its folder.
  std::wstring security;
  Secret content;
  bool replace = false;
};

// Writes into a new file, which then takes its name; until then it goes with its handle, however
// this process ends. Throws WindowsError: ERROR_ALREADY_EXISTS for a file that is not to be
// replaced. Nothing is left then.
void WriteWhole(const FileApi& api, const WholeFile& file);

}  // namespace schannel
