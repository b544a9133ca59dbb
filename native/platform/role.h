// The two sides of a connection.
#pragma once

namespace schannel {

enum class Role { kClient, kServer };

}  // namespace schannel
