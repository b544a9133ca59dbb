// Who may do what with an object, in one piece (SECURITY_DESCRIPTOR_RELATIVE).
#pragma once

#include "platform/win.h"

#include "platform/bytes.h"

namespace schannel {

// Whether all of its parts are within these bytes and well-formed. Windows' functions take only the
// address, and read as far as the descriptor tells them to.
[[nodiscard]] bool IsSelfRelativeDescriptor(ByteView bytes);

}  // namespace schannel
