// Fills `exports` with what lib/native/binding.ts calls Native.
#include "napi/exports.h"

#include <memory>

#include "handle/handle_counts.h"
#include "napi/addon_data.h"
#include "napi/certificate_wrap.h"
#include "napi/chain_job.h"
#include "napi/credential_wrap.h"
#include "napi/file_functions.h"
#include "napi/guard.h"
#include "napi/http_functions.h"
#include "napi/key_functions.h"
#include "napi/process_functions.h"
#include "napi/protection_functions.h"
#include "napi/proxy_functions.h"
#include "napi/registry_functions.h"
#include "napi/service_functions.h"
#include "napi/session_wrap.h"
#include "napi/sign_in_wrap.h"
#include "napi/store_wrap.h"
#include "napi/trust_wrap.h"
#include "platform/desktop.h"
#include "platform/os_version.h"
#include "sspi/provider.h"
#include "version.h"

namespace schannel {
namespace {

Napi::Value MakePlatform(Napi::Env env) {
  const OsVersion version = QueryOsVersion();
  Napi::Object platform = Napi::Object::New(env);
  platform.Set("build", Napi::Number::New(env, version.build));
  platform.Set("wine", version.wine ? Napi::String::New(env, *version.wine) : env.Null());
  return platform;
}

napi_value HandleCounts(const Call& call) {
  Napi::Object counts = Napi::Object::New(call.env);
  const auto set = [&counts, &call](const char* name, HandleKind kind) {
    counts.Set(name, Napi::Number::New(call.env, LiveHandles(kind).load()));
  };
  set("credentials", HandleKind::kCredential);
  set("contexts", HandleKind::kContext);
  set("certificates", HandleKind::kCertificate);
  set("chains", HandleKind::kChain);
  set("stores", HandleKind::kStore);
  set("engines", HandleKind::kEngine);
  set("keys", HandleKind::kKey);
  set("watches", HandleKind::kWatch);
  set("livenessMarkers", HandleKind::kLivenessMarker);
  set("locks", HandleKind::kLock);
  set("files", HandleKind::kFile);
  set("services", HandleKind::kService);
  set("eventLogs", HandleKind::kEventLog);
  set("registryKeys", HandleKind::kRegistryKey);
  set("httpConfigurations", HandleKind::kHttpConfiguration);
  set("proxyLookups", HandleKind::kProxyLookup);
  return counts;
}

napi_value HasDesktop(const Call& call) { return Napi::Boolean::New(call.env, IsDesktopVisible()); }

template <napi_value (*kFunction)(const Call&)>
void SetFunction(Napi::Object exports, const char* name) {
  const Napi::Env env = exports.Env();
  napi_value function = nullptr;
  CheckNapi(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, &CallFunction<kFunction>,
                                      nullptr, &function));
  exports.Set(name, function);
}

}  // namespace

void FillExports(Napi::Env env, Napi::Object exports) {
  auto data = std::make_unique<AddonData>(env, WindowsProvider());
  exports.Set("version", SCHANNEL_VERSION_STR);
  exports.Set("platform", MakePlatform(env));
  exports.Set("result", data->result.Value());
  SetFunction<&AcquireCredential>(exports, "acquireCredential");
  SetFunction<&CreateSession>(exports, "createSession");
  SetFunction<&CreateSignIn>(exports, "createSignIn");
  SetFunction<&CreateTrust>(exports, "createTrust");
  SetFunction<&VerifyChain>(exports, "verifyChain");
  SetFunction<&OpenStore>(exports, "openStore");
  SetFunction<&CreateCertificate>(exports, "createCertificate");
  SetFunction<&AcquireKey>(exports, "acquireKey");
  SetFunction<&OpenKey>(exports, "openKey");
  SetFunction<&ImportKey>(exports, "importKey");
  SetFunction<&GenerateKey>(exports, "generateKey");
  SetFunction<&DeleteKey>(exports, "deleteKey");
  SetFunction<&ListContainers>(exports, "listContainers");
  SetFunction<&CreateLivenessMarker>(exports, "createLivenessMarker");
  SetFunction<&IsAlive>(exports, "isAlive");
  SetFunction<&IsAppContainer>(exports, "isAppContainer");
  SetFunction<&AcquireLock>(exports, "acquireLock");
  SetFunction<&AccountOfName>(exports, "accountOfName");
  SetFunction<&AccountOfSid>(exports, "accountOfSid");
  SetFunction<&Finish>(exports, "finish");
  SetFunction<&UserSid>(exports, "userSid");
  SetFunction<&WriteWhole>(exports, "writeWhole");
  SetFunction<&FileRights>(exports, "fileRights");
  SetFunction<&CreateFolder>(exports, "createFolder");
  SetFunction<&ProtectData>(exports, "protectData");
  SetFunction<&UnprotectData>(exports, "unprotectData");
  SetFunction<&RunServiceHost>(exports, "runServiceHost");
  SetFunction<&InstallService>(exports, "installService");
  SetFunction<&FactsOfService>(exports, "factsOfService");
  SetFunction<&LaunchService>(exports, "launchService");
  SetFunction<&SendControl>(exports, "sendControl");
  SetFunction<&RemoveService>(exports, "removeService");
  SetFunction<&ServiceText>(exports, "serviceText");
  SetFunction<&SetServiceText>(exports, "setServiceText");
  SetFunction<&SetServiceNumber>(exports, "setServiceNumber");
  SetFunction<&RemoveServiceSettings>(exports, "removeServiceSettings");
  SetFunction<&LogEvent>(exports, "logEvent");
  SetFunction<&ReadEvents>(exports, "readEvents");
  SetFunction<&ReadRegistry>(exports, "readRegistry");
  SetFunction<&CheckRegistryRights>(exports, "checkRegistryRights");
  SetFunction<&SetRegistryValue>(exports, "setRegistryValue");
  SetFunction<&RemoveRegistryValue>(exports, "removeRegistryValue");
  SetFunction<&RemoveRegistryKey>(exports, "removeRegistryKey");
  SetFunction<&ContextFunctions>(exports, "contextFunctions");
  SetFunction<&AddContextFunction>(exports, "addContextFunction");
  SetFunction<&RemoveContextFunction>(exports, "removeContextFunction");
  SetFunction<&IsFipsMode>(exports, "isFipsMode");
  SetFunction<&SslRecords>(exports, "sslRecords");
  SetFunction<&SslRecordOf>(exports, "sslRecordOf");
  SetFunction<&ExtendedSslParameters>(exports, "extendedSslParameters");
  SetFunction<&SetSslRecord>(exports, "setSslRecord");
  SetFunction<&UpdateSslRecord>(exports, "updateSslRecord");
  SetFunction<&RemoveSslRecord>(exports, "removeSslRecord");
  SetFunction<&UserProxySettings>(exports, "userProxySettings");
  SetFunction<&MachineProxySettings>(exports, "machineProxySettings");
  SetFunction<&ProxyForUrl>(exports, "proxyForUrl");
  SetFunction<&HasDesktop>(exports, "hasDesktop");
  SetFunction<&HandleCounts>(exports, "handleCounts");
  env.SetInstanceData(data.release());
}

}  // namespace schannel
