#include "http/http_api.h"

#include "platform/dynamic_function.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

template <typename Function>
Function Find(const char* name) {
  const auto function = FindFunction<Function>(L"httpapi.dll", name);
  if (function == nullptr) throw WindowsError(ERROR_PROC_NOT_FOUND, "httpapi.dll");
  return function;
}

HttpApi Load() {
  if (LoadLibraryExW(L"httpapi.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32) == nullptr) {
    throw LastError("LoadLibraryExW");
  }
  HttpApi api;
  api.initialize = Find<decltype(api.initialize)>("HttpInitialize");
  api.terminate = Find<decltype(api.terminate)>("HttpTerminate");
  api.query = Find<decltype(api.query)>("HttpQueryServiceConfiguration");
  api.set = Find<decltype(api.set)>("HttpSetServiceConfiguration");
  api.remove = Find<decltype(api.remove)>("HttpDeleteServiceConfiguration");
  api.update = FindFunction<decltype(api.update)>(L"httpapi.dll", "HttpUpdateServiceConfiguration");
  return api;
}

}  // namespace

const HttpApi& WindowsHttpApi() {
  static const HttpApi api = Load();
  return api;
}

}  // namespace schannel
