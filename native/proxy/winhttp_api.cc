#include "proxy/winhttp_api.h"

#include "platform/dynamic_function.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr wchar_t kModule[] = L"winhttp.dll";

template <typename Function>
void Find(Function& function, const char* name) {
  function = FindFunction<Function>(kModule, name);
  if (function == nullptr) throw WindowsError(ERROR_PROC_NOT_FOUND, "winhttp.dll");
}

WinHttpApi Load() {
  if (LoadLibraryExW(kModule, nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32) == nullptr) {
    throw LastError("LoadLibraryExW");
  }
  WinHttpApi api;
  Find(api.user_config, "WinHttpGetIEProxyConfigForCurrentUser");
  Find(api.machine_config, "WinHttpGetDefaultProxyConfiguration");
  Find(api.open, "WinHttpOpen");
  Find(api.close, "WinHttpCloseHandle");
  Find(api.set_timeouts, "WinHttpSetTimeouts");
  Find(api.set_callback, "WinHttpSetStatusCallback");
  Find(api.proxy_for_url, "WinHttpGetProxyForUrl");
  Find(api.create_resolver, "WinHttpCreateProxyResolver");
  Find(api.resolve, "WinHttpGetProxyForUrlEx");
  Find(api.result, "WinHttpGetProxyResult");
  Find(api.free_result, "WinHttpFreeProxyResult");
  api.free_text = &GlobalFree;
  return api;
}

}  // namespace

const WinHttpApi& WindowsWinHttpApi() {
  static const WinHttpApi api = Load();
  return api;
}

}  // namespace schannel
