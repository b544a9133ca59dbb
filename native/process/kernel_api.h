// The functions that named objects of the kernel are reached by, and the process' own token is
// read by, as a table: Windows' own, or a test's that scripts them.
#pragma once

#include "platform/win.h"

namespace schannel {

struct KernelApi {
  decltype(&CreateEventW) create_event = CreateEventW;
  decltype(&OpenEventW) open_event = OpenEventW;
  decltype(&CreateMutexW) create_mutex = CreateMutexW;
  decltype(&WaitForSingleObject) wait = WaitForSingleObject;
  decltype(&GetTokenInformation) token_information = GetTokenInformation;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const KernelApi kSystemKernelApi = {};

}  // namespace schannel
