// Keys that need a dialog before they are used.
#pragma once

#include "double/keys/key_file.h"

namespace schannel_double {

// Whether the key needs a dialog that the call forbids. [keys 16]
[[nodiscard]] bool Refuses(const Key& key, DWORD flags);

}  // namespace schannel_double
