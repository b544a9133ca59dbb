#include "sspi/provider.h"

#include <cstddef>
#include <cstring>

#include "platform/dynamic_function.h"
#include "platform/os_version.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

SecurityFunctionTableW MakeProvider() {
  const SecurityFunctionTableW* system = InitSecurityInterfaceW();
  if (system == nullptr) throw WindowsError(E_FAIL, "InitSecurityInterfaceW");
  SecurityFunctionTableW table = {};
  // The table has grown with Windows, and a short one is not followed by zeros: what comes after
  // DecryptMessage, the last function of its first version, is not read.
  std::memcpy(&table, system, offsetof(SecurityFunctionTableW, SetContextAttributesW));
  // Wine 10 exports the function, yet it jumps to an address that Wine's Schannel never filled in.
  if (!QueryOsVersion().wine) {
    table.SetContextAttributesW =
        FindFunction<SET_CONTEXT_ATTRIBUTES_FN_W>(L"secur32.dll", "SetContextAttributesW");
  }
  return table;
}

}  // namespace

const SecurityFunctionTableW& WindowsProvider() {
  static const SecurityFunctionTableW table = MakeProvider();
  return table;
}

}  // namespace schannel
