// The functions that files are written by, as a table: Windows' own, or a test's that fails.
#pragma once

#include "platform/win.h"

namespace schannel {

struct FileApi {
  decltype(&CreateFileW) create = CreateFileW;
  decltype(&WriteFile) write = WriteFile;
  decltype(&FlushFileBuffers) flush = FlushFileBuffers;
  decltype(&SetFileInformationByHandle) set_information = SetFileInformationByHandle;
  decltype(&Sleep) wait = Sleep;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const FileApi kSystemFileApi = {};

}  // namespace schannel
