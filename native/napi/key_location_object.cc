#include "napi/key_location_object.h"

#include "napi/convert.h"

namespace schannel {

KeyLocation ToKeyLocation(napi_env env, napi_value value) {
  const auto property = [env, value](const char* name) { return GetProperty(env, value, name); };
  KeyLocation location;
  location.container = ToWide(env, property("container"));
  location.provider = ToWide(env, property("provider"));
  location.provider_type = ToUint32(env, property("providerType"));
  location.flags = ToUint32(env, property("flags"));
  location.key_spec = ToUint32(env, property("keySpec"));
  return location;
}

Napi::Value FromKeyLocation(napi_env env, const KeyLocation& location) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("container", FromWide(env, location.container));
  object.Set("provider", FromWide(env, location.provider));
  object.Set("providerType", Napi::Number::New(env, location.provider_type));
  object.Set("flags", Napi::Number::New(env, location.flags));
  object.Set("keySpec", Napi::Number::New(env, location.key_spec));
  return object;
}

KeyDialog ToKeyDialog(napi_env env, napi_value value) {
  KeyDialog dialog;
  dialog.silent = ToBool(env, GetProperty(env, value, "silent"));
  // Window handles have 32 bits that matter ("Interprocess Communication Between 32-bit and 64-bit
  // Applications").
  const uint32_t window = ToUint32(env, GetProperty(env, value, "window"));
  dialog.window = reinterpret_cast<HWND>(static_cast<ULONG_PTR>(window));
  return dialog;
}

}  // namespace schannel
