// What the add-on exports.
#pragma once

#include "platform/win.h"

#include <napi.h>

namespace schannel {

// Fills `exports` with what lib/native/binding.ts calls Native.
void FillExports(Napi::Env env, Napi::Object exports);

}  // namespace schannel
