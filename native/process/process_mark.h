// Signs of life: a named object is there as long as somebody has it open, and Windows closes what a
// process had open however it ends. An event that nobody signals will do; a mutex would need a
// thread that holds it.
#pragma once

#include "platform/win.h"

#include <string>

#include "handle/handles.h"
#include "process/kernel_api.h"

namespace schannel {

// Throws WindowsError, with ERROR_ALREADY_EXISTS for a name that is taken.
[[nodiscard]] UniqueMark CreateMark(const KernelApi& api, const std::wstring& name);

// True for one that may not be opened, too. Throws WindowsError.
[[nodiscard]] bool IsMarked(const KernelApi& api, const std::wstring& name);

}  // namespace schannel
