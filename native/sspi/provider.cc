#include "sspi/provider.h"

#include <cstddef>
#include <cstring>

#include "platform/dynamic_function.h"
#include "platform/ip_address.h"
#include "platform/os_version.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

// Wine 10 lets GnuTLS send any target as SNI. Windows recognises addresses, which must not be sent
// (RFC 6066 §3), and uses them only as keys of its session cache. And Wine's NTLM takes any input
// of a first call for a token, where Windows takes a channel binding.
SECURITY_STATUS SEC_ENTRY InitializeOnWine(PCredHandle credential, PCtxtHandle context,
                                           SEC_WCHAR* target, ULONG flags, ULONG reserved,
                                           ULONG representation, PSecBufferDesc input,
                                           ULONG reserved_too, PCtxtHandle new_context,
                                           PSecBufferDesc output, ULONG* attributes,
                                           PTimeStamp expiry) {
  SEC_WCHAR* const name = target != nullptr && IsIpAddress(target) ? nullptr : target;
  const bool is_binding = context == nullptr && input != nullptr && input->cBuffers == 1 &&
                          input->pBuffers[0].BufferType == SECBUFFER_CHANNEL_BINDINGS;
  return InitSecurityInterfaceW()->InitializeSecurityContextW(
      credential, context, name, flags, reserved, representation, is_binding ? nullptr : input,
      reserved_too, new_context, output, attributes, expiry);
}

SecurityFunctionTableW MakeProvider() {
  const SecurityFunctionTableW* system = InitSecurityInterfaceW();
  if (system == nullptr) throw WindowsError(E_FAIL, "InitSecurityInterfaceW");
  SecurityFunctionTableW table = {};
  // The table has grown with Windows, and a short one is not followed by zeros: what comes after
  // DecryptMessage, the last function of its first version, is not read.
  std::memcpy(&table, system, offsetof(SecurityFunctionTableW, SetContextAttributesW));
  if (QueryOsVersion().wine) {
    table.InitializeSecurityContextW = &InitializeOnWine;
    // Wine 10 exports SetContextAttributesW too, yet it jumps to an address that Wine's Schannel
    // never filled in.
    return table;
  }
  table.SetContextAttributesW =
      FindFunction<SET_CONTEXT_ATTRIBUTES_FN_W>(L"secur32.dll", "SetContextAttributesW");
  return table;
}

}  // namespace

const SecurityFunctionTableW& WindowsProvider() {
  static const SecurityFunctionTableW table = MakeProvider();
  return table;
}

}  // namespace schannel
