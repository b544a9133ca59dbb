#pragma once

#include "platform/win.h"

namespace schannel_double {

// InitializeSecurityContext or AcceptSecurityContext: reads the input buffers, runs the step, and
// fills the output buffers.
[[nodiscard]] SECURITY_STATUS StepCall(bool server, PCredHandle credential_handle,
                                       PCtxtHandle handle, const wchar_t* target, ULONG flags,
                                       PSecBufferDesc input, PCtxtHandle made,
                                       PSecBufferDesc output, ULONG* attributes);

}  // namespace schannel_double
