#include "napi/wrap.h"

namespace schannel {

WrapClass::WrapClass(napi_env env, const char* name, const napi_property_descriptor* methods,
                     size_t count) {
  napi_value constructor = nullptr;
  CheckNapi(env, napi_define_class(env, name, NAPI_AUTO_LENGTH, &WrapClass::OnConstruct, this,
                                   count, methods, &constructor));
  CheckNapi(env, napi_create_reference(env, constructor, 1, &constructor_));
}

napi_value WrapClass::OnConstruct(napi_env env, napi_callback_info info) {
  return Guard(env, [env, info] {
    napi_value self = nullptr;
    void* wrap_class = nullptr;
    CheckNapi(env, napi_get_cb_info(env, info, nullptr, nullptr, &self, &wrap_class));
    if (!static_cast<WrapClass*>(wrap_class)->constructing_) {
      throw WindowsError(E_ACCESSDENIED, "class without a public constructor");
    }
    return self;
  });
}

napi_value WrapClass::Construct(napi_env env) {
  napi_value constructor = nullptr;
  napi_value object = nullptr;
  CheckNapi(env, napi_get_reference_value(env, constructor_, &constructor));
  constructing_ = true;
  const napi_status status = napi_new_instance(env, constructor, 0, nullptr, &object);
  constructing_ = false;
  CheckNapi(env, status);
  return object;
}

}  // namespace schannel
