#include "crypt/key_api.h"

#include "platform/os_version.h"

namespace schannel {
namespace {

SECURITY_STATUS WINAPI RefuseProvider(NCRYPT_PROV_HANDLE* provider, LPCWSTR, DWORD) {
  *provider = 0;
  return NTE_NOT_SUPPORTED;
}

KeyApi MakeSystemKeyApi() {
  KeyApi api;
  if (QueryOsVersion().wine) api.cng.open_provider = &RefuseProvider;
  return api;
}

}  // namespace

const KeyApi& SystemKeyApi() {
  static const KeyApi api = MakeSystemKeyApi();
  return api;
}

}  // namespace schannel
