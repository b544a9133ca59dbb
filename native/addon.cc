// The entry of the add-on.
#include "platform/win.h"

#include <string>

#include <napi.h>

#include "napi/exports.h"
#include "napi/guard.h"
#include "node_api_slots.h"
#include "platform/module.h"

namespace schannel {
namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  // Before there can be a thread of ours, of the pool or of a lock.
  PinThisModule();
  // The caller of Init catches no other kind of exception.
  return WithNapiErrors(env, [env, exports] {
    if (const char* const missing = MissingNodeApi()) {
      napi_throw_error(env, nullptr, (std::string("this host has no ") + missing).c_str());
    } else {
      FillExports(env, exports);
    }
    return exports;
  });
}

}  // namespace

NODE_API_MODULE(schannel, Init)

}  // namespace schannel
