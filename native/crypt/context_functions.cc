#include "crypt/context_functions.h"

#include <memory>

#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr wchar_t kContext[] = L"SSL";

void Check(NTSTATUS status, const char* syscall) {
  if (status < 0) throw WindowsError(status, syscall);
}

}  // namespace

std::vector<std::wstring> ContextFunctions(const ContextFunctionApi& api, ULONG table,
                                           ULONG interface_id) {
  ULONG size = 0;
  CRYPT_CONTEXT_FUNCTIONS* functions = nullptr;
  const NTSTATUS status = api.enumerate(table, kContext, interface_id, &size, &functions);
  const std::unique_ptr<CRYPT_CONTEXT_FUNCTIONS, decltype(api.free)> owner(functions, api.free);
  Check(status, "BCryptEnumContextFunctions");
  std::vector<std::wstring> names;
  if (functions == nullptr) return names;
  for (ULONG index = 0; index < functions->cFunctions; ++index) {
    names.emplace_back(functions->rgpszFunctions[index]);
  }
  return names;
}

void AddContextFunction(const ContextFunctionApi& api, ULONG table, ULONG interface_id,
                        const std::wstring& name, ULONG position) {
  Check(api.add(table, kContext, interface_id, name.c_str(), position), "BCryptAddContextFunction");
}

void RemoveContextFunction(const ContextFunctionApi& api, ULONG table, ULONG interface_id,
                           const std::wstring& name) {
  Check(api.remove(table, kContext, interface_id, name.c_str()), "BCryptRemoveContextFunction");
}

bool IsFipsMode(const ContextFunctionApi& api) {
  BOOLEAN enabled = FALSE;
  Check(api.fips_mode(&enabled), "BCryptGetFipsAlgorithmMode");
  return enabled != FALSE;
}

}  // namespace schannel
