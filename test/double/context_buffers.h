// Memory that Windows allocates for its caller, who frees it by FreeContextBuffer. [calls 6]
#pragma once

#include <cstddef>

namespace schannel_double {

[[nodiscard]] void* AllocContextBuffer(size_t size);
// False: unknown, or freed before.
[[nodiscard]] bool ReleaseContextBuffer(void* memory);
// More of it is held than all steps and queries together can need at one moment.
[[nodiscard]] bool HoldsTooManyContextBuffers();

}  // namespace schannel_double
