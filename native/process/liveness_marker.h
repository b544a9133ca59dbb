// A named kernel object that exists as long as the process that created it: Windows closes the
// handles of a process however it ends. The object is an event that is never signalled; a mutex
// would need a thread that owns it.
#pragma once

#include "platform/win.h"

#include <string>

#include "handle/handles.h"
#include "process/kernel_api.h"

namespace schannel {

// Throws WindowsError, with ERROR_ALREADY_EXISTS if the name is taken.
[[nodiscard]] UniqueLivenessMarker CreateLivenessMarker(const KernelApi& api,
                                                        const std::wstring& name);

// Also true if the marker exists but may not be opened. Throws WindowsError.
[[nodiscard]] bool IsAlive(const KernelApi& api, const std::wstring& name);

}  // namespace schannel
