// Which Windows this is.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>

namespace schannel {

struct OsVersion {
  // Build number, e.g. 20348.
  DWORD build = 0;
  // Wine's own version when this Windows is Wine.
  std::optional<std::string> wine;
};

[[nodiscard]] OsVersion QueryOsVersion();

}  // namespace schannel
