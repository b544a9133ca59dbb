// The configuration of CNG: which functions Schannel offers, in which order, and FIPS mode.
#pragma once

#include "platform/win.h"

#include <string>
#include <vector>

namespace schannel {

struct ContextFunctionApi {
  decltype(&BCryptEnumContextFunctions) enumerate = BCryptEnumContextFunctions;
  decltype(&BCryptFreeBuffer) free = BCryptFreeBuffer;
  decltype(&BCryptAddContextFunction) add = BCryptAddContextFunction;
  decltype(&BCryptRemoveContextFunction) remove = BCryptRemoveContextFunction;
  decltype(&BCryptGetFipsAlgorithmMode) fips_mode = BCryptGetFipsAlgorithmMode;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const ContextFunctionApi kSystemContextFunctionApi = {};

// All of them are about the context "SSL", and throw WindowsError with an NTSTATUS. The table is
// CRYPT_LOCAL or CRYPT_DOMAIN, the interface one of NCRYPT_SCHANNEL_*.

// The functions of an interface, first things first.
[[nodiscard]] std::vector<std::wstring> ContextFunctions(const ContextFunctionApi& api, ULONG table,
                                                         ULONG interface_id);
// The position counts from CRYPT_PRIORITY_TOP, or is CRYPT_PRIORITY_BOTTOM.
void AddContextFunction(const ContextFunctionApi& api, ULONG table, ULONG interface_id,
                        const std::wstring& name, ULONG position);
void RemoveContextFunction(const ContextFunctionApi& api, ULONG table, ULONG interface_id,
                           const std::wstring& name);
[[nodiscard]] bool IsFipsMode(const ContextFunctionApi& api);

}  // namespace schannel
