// Whether there is somebody to talk to.
#pragma once

#include "platform/win.h"

namespace schannel {

// Whether the window station of this process can be seen. Services, scheduled tasks and SSH
// sessions have a separate one, where a dialog would wait forever.
[[nodiscard]] bool IsDesktopVisible() noexcept;

}  // namespace schannel
