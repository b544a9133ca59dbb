// The one place where C++ exceptions become JavaScript exceptions.
#pragma once

#include "platform/win.h"

#include <exception>
#include <new>

#include <napi.h>

#include "platform/windows_error.h"

namespace schannel {

// The NativeFailure of lib/native/binding.ts. It takes the place of an exception that a failed call
// of Node-API may have left pending: as long as there is one, nothing could be made.
inline Napi::Error MakeFailure(napi_env env, LONG status, const char* syscall) {
  bool pending = false;
  napi_value replaced = nullptr;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
    napi_get_and_clear_last_exception(env, &replaced);
  }
  Napi::Error error = Napi::Error::New(env, syscall);
  error.Set("status", Napi::Number::New(env, static_cast<ULONG>(status)));
  error.Set("syscall", Napi::String::New(env, syscall));
  return error;
}

// Throws when a Node-API call failed; an exception that it left pending goes on its way.
inline void CheckNapi(napi_env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

// Runs a body; every exception leaves it as a Napi::Error.
template <typename Body>
auto WithNapiErrors(napi_env env, Body&& body) {
  try {
    return body();
  } catch (const WindowsError& error) {
    throw MakeFailure(env, error.status(), error.syscall());
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw MakeFailure(env, E_OUTOFMEMORY, "out of memory");
  } catch (const std::exception&) {
    throw MakeFailure(env, E_FAIL, "native failure");
  }
}

// Runs the body of a function that JavaScript called. After an exception the result is null and
// JavaScript throws.
template <typename Body>
napi_value Guard(napi_env env, Body&& body) noexcept {
  try {
    try {
      return WithNapiErrors(env, body);
    } catch (const Napi::Error& error) {
      error.ThrowAsJavaScriptException();
    }
  } catch (const Napi::Error&) {
    // The environment is being torn down, so no JavaScript can receive the error.
  }
  return nullptr;
}

}  // namespace schannel
