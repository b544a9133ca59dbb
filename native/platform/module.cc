#include "platform/win.h"

#include "platform/module.h"

namespace schannel {

void PinThisModule() noexcept {
  HMODULE module = nullptr;
  // Failure is no harm: the module then stays as long as its loader keeps it.
  static_cast<void>(GetModuleHandleExW(
      GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
      reinterpret_cast<const wchar_t*>(reinterpret_cast<const void*>(&PinThisModule)), &module));
}

}  // namespace schannel
