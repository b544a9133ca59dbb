// Where Node-API is called through; see node_api_slots.cc.
#pragma once

#include "platform/win.h"

#if defined(_M_IX86) || defined(__i386__)
#define SCHANNEL_SLOT(name) _imp__##name  // the compiler puts one more underscore in front
#else
#define SCHANNEL_SLOT(name) __imp_##name
#endif

namespace schannel {

// A function of Node-API that this host lacks, or null. A call of such a
// function ends the process.
[[nodiscard]] const char* MissingNodeApi() noexcept;

}  // namespace schannel
