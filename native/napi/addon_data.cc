#include "napi/addon_data.h"

#include "napi/certificate_wrap.h"
#include "napi/credential_wrap.h"
#include "napi/guard.h"
#include "napi/key_wrap.h"
#include "napi/liveness_marker_wrap.h"
#include "napi/lock_wrap.h"
#include "napi/service_host_wrap.h"
#include "napi/session_wrap.h"
#include "napi/sign_in_wrap.h"
#include "napi/store_watch_wrap.h"
#include "napi/store_wrap.h"
#include "napi/trust_wrap.h"

namespace schannel {

AddonData::AddonData(Napi::Env env, const SecurityFunctionTableW& provider)
    : sspi(provider),
      dispatcher(env),
      certificate_class(CertificateWrap::Define(env)),
      credential_class(CredentialWrap::Define(env)),
      key_class(KeyWrap::Define(env)),
      lock_class(LockWrap::Define(env)),
      liveness_marker_class(LivenessMarkerWrap::Define(env)),
      service_host_class(ServiceHostWrap::Define(env)),
      session_class(SessionWrap::Define(env)),
      sign_in_class(SignInWrap::Define(env)),
      store_class(StoreWrap::Define(env)),
      store_watch_class(StoreWatchWrap::Define(env)),
      trust_class(TrustWrap::Define(env)),
      result(Napi::Persistent(Napi::Int32Array::New(env, 3))),
      result_words(result.Value().Data()) {}

AddonData& AddonData::Of(napi_env env) {
  void* data = nullptr;
  CheckNapi(env, napi_get_instance_data(env, &data));
  return *static_cast<AddonData*>(data);
}

}  // namespace schannel
