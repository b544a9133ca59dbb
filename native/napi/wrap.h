// Classes whose objects only the add-on creates.
#pragma once

#include "platform/win.h"

#include <memory>

#include <napi.h>

#include "napi/guard.h"

namespace schannel {

// A class of JavaScript without a public constructor. Objects that come as arguments are recognised
// by a type tag, since an unwrapped pointer does not say what it points to.
class WrapClass {
 public:
  WrapClass(napi_env env, const char* name, const napi_property_descriptor* methods, size_t count);
  WrapClass(const WrapClass&) = delete;  // the JavaScript class points to it
  WrapClass& operator=(const WrapClass&) = delete;

  // A new object that owns `native`. `T::kTypeTag` tells it from all others.
  template <typename T>
  [[nodiscard]] napi_value New(napi_env env, std::unique_ptr<T> native) {
    const napi_value object = Construct(env);
    CheckNapi(env, napi_type_tag_object(env, object, &T::kTypeTag));
    CheckNapi(env, napi_wrap(
                       env, object, native.get(),
                       [](napi_env, void* data, void*) { delete static_cast<T*>(data); }, nullptr,
                       nullptr));
    static_cast<void>(native.release());
    return object;
  }

 private:
  static napi_value OnConstruct(napi_env env, napi_callback_info info);
  [[nodiscard]] napi_value Construct(napi_env env);

  napi_ref constructor_ = nullptr;  // goes with the environment
  bool constructing_ = false;
};

// The native part of an object that is known to be of T's class.
template <typename T>
[[nodiscard]] T* UnwrapUnchecked(napi_env env, napi_value object) {
  void* native = nullptr;
  CheckNapi(env, napi_unwrap(env, object, &native));
  return static_cast<T*>(native);
}

// The native part of an argument. Throws WindowsError for any object that is not of T's class.
template <typename T>
[[nodiscard]] T& Unwrap(napi_env env, napi_value object) {
  bool tagged = false;
  if (napi_check_object_type_tag(env, object, &T::kTypeTag, &tagged) != napi_ok || !tagged) {
    throw WindowsError(E_INVALIDARG, "object of the wrong class");
  }
  return *UnwrapUnchecked<T>(env, object);
}

// One call from JavaScript. Arguments left out are undefined.
struct Call {
  static constexpr size_t kMaximumArguments = 6;

  Call(napi_env environment, napi_callback_info info) : env(environment) {
    size_t count = kMaximumArguments;
    CheckNapi(env, napi_get_cb_info(env, info, &count, arguments, &self, nullptr));
  }
  [[nodiscard]] napi_value operator[](size_t index) const { return arguments[index]; }

  napi_env env;
  napi_value self = nullptr;
  napi_value arguments[kMaximumArguments] = {};
};

// A free function as Node-API wants it.
template <napi_value (*kFunction)(const Call&)>
napi_value CallFunction(napi_env env, napi_callback_info info) noexcept {
  return Guard(env, [env, info] { return kFunction(Call(env, info)); });
}

// A method of T as Node-API wants it. The receiver needs no look at its tag, a third of what the
// whole call costs: napi_define_class gives methods a signature, and V8 throws "Illegal invocation"
// for any other `this`.
template <typename T, napi_value (T::*kMethod)(const Call&)>
napi_value CallMethod(napi_env env, napi_callback_info info) noexcept {
  return Guard(env, [env, info] {
    const Call call(env, info);
    return (UnwrapUnchecked<T>(env, call.self)->*kMethod)(call);
  });
}

template <typename T, napi_value (T::*kMethod)(const Call&)>
[[nodiscard]] constexpr napi_property_descriptor Method(const char* name) {
  return {name,    nullptr, &CallMethod<T, kMethod>, nullptr,
          nullptr, nullptr, napi_default_method,     nullptr};
}

}  // namespace schannel
