// Windows' own security functions.
#pragma once

#include "platform/win.h"

namespace schannel {

// The table of InitSecurityInterfaceW, made safe to read: functions that this system lacks are
// null.
[[nodiscard]] const SecurityFunctionTableW& WindowsProvider();

}  // namespace schannel
