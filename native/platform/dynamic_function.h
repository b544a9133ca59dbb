// The one place that turns what GetProcAddress returns into a function of a known type.
#pragma once

#include "platform/win.h"

namespace schannel {

// Null when the module is not loaded or lacks the function.
template <typename Function>
[[nodiscard]] Function FindFunction(const wchar_t* module_name,
                                    const char* function_name) noexcept {
  const HMODULE module = GetModuleHandleW(module_name);
  if (module == nullptr) return nullptr;
  // Through void*: a direct cast between function types is what -Wcast-function-type warns of.
  return reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(module, function_name)));
}

}  // namespace schannel
