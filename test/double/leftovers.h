// What a call leaves in its caller's arrays of buffers.
#pragma once

#include "platform/win.h"

#include <initializer_list>

namespace schannel_double {

// Gives the buffers that mean nothing after a call an impossible address and size: all of them
// except those of these types. A caller that still uses one fails there. [steps 14]
void Overwrite(SecBufferDesc* buffers, std::initializer_list<ULONG> meant);

}  // namespace schannel_double
