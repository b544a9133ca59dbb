// The add-on with the double: all of native/, and one more export, an object with which the tests
// control the double.
#include "platform/win.h"

#include <napi.h>

#include "double/credential.h"
#include "double/keys/key_guard.h"
#include "double/keys/key_rights.h"
#include "double/openssl.h"
#include "double/openssl_slots.h"
#include "double/table.h"
#include "double/work.h"
#include "double/world.h"
#include "napi/exports.h"

namespace {

using schannel_double::Choices;

Napi::Array ToArray(Napi::Env env, const std::vector<std::string>& lines) {
  Napi::Array array = Napi::Array::New(env, lines.size());
  for (uint32_t index = 0; index < lines.size(); ++index) array.Set(index, lines[index]);
  return array;
}

std::string Text(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::String>();
}
std::wstring Wide(const Napi::CallbackInfo& info, size_t index) {
  const std::u16string text = info[index].As<Napi::String>().Utf16Value();
  return {text.begin(), text.end()};
}
int32_t Number(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::Number>();
}

// Memory that ends at an inaccessible page, so that reading or writing past it ends the process.
Napi::Value Guarded(const Napi::CallbackInfo& info) {
  const size_t size = static_cast<size_t>(Number(info, 0));
  void* const memory = schannel_double::GuardedAlloc(size);
  return Napi::ArrayBuffer::New(info.Env(), memory, size, [](Napi::Env, void* data) {
    static_cast<void>(schannel_double::GuardedFree(data));
  });
}

Napi::Value CurrentWork(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const schannel_double::Work& work = schannel_double::TheWork();
  const auto number = [&](const std::atomic<uint64_t>& count) {
    return Napi::Number::New(env, static_cast<double>(count.load()));
  };
  Napi::Object calls = Napi::Object::New(env);
  for (size_t index = 0; index < schannel_double::kFunctionCount; ++index) {
    calls.Set(schannel_double::kFunctionNames[index], number(work.calls[index]));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("calls", calls);
  object.Set("copied", number(work.copied));
  object.Set("allocations", number(work.allocations));
  object.Set("allocated", number(work.allocated));
  return object;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  if (const char* const missing = schannel_double::MissingOpenSsl()) {
    throw Napi::Error::New(env, std::string("This program does not export OpenSSL's function ") +
                                    missing + ", which the double needs. Run it in node.exe.");
  }
  schannel_double::OpenSslCall::WaitAtEnd();
  schannel::FillExports(env, exports);
  Napi::Object steer = Napi::Object::New(env);
  const auto set = [&](const char* name, auto function) {
    steer.Set(name, Napi::Function::New(env, function, name));
  };
  set("profile", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(), schannel_double::SetProfile(Text(info, 0)));
  });
  set("seed", [](const Napi::CallbackInfo& info) -> Napi::Value {
    schannel_double::SetSeed(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
    return info.Env().Undefined();
  });
  set("fix", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(),
                              schannel_double::FixByName(Text(info, 0), Number(info, 1)));
  });
  set("delay", [](const Napi::CallbackInfo& info) -> Napi::Value {
    schannel_double::SetDelay(static_cast<unsigned>(Number(info, 0)));
    return info.Env().Undefined();
  });
  set("violations", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return ToArray(info.Env(), schannel_double::TakeViolations());
  });
  set("keyDialog", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(), schannel_double::SetDialog(Wide(info, 0), Text(info, 1)));
  });
  set("hideKeys", [](const Napi::CallbackInfo& info) -> Napi::Value {
    schannel_double::HideLsassKeys(static_cast<unsigned>(Number(info, 0)));
    return info.Env().Undefined();
  });
  set("account", [](const Napi::CallbackInfo& info) -> Napi::Value {
    schannel_double::SetAccount(Wide(info, 0));
    return info.Env().Undefined();
  });
  // Returns whether the one before was met.
  set("fault", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const bool met = schannel_double::HasMetFault();
    schannel_double::SetFault(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
    return Napi::Boolean::New(info.Env(), met);
  });
  set("guarded", &Guarded);
  set("work", &CurrentWork);
  exports.Set("double", steer);
  return exports;
}

}  // namespace

NODE_API_MODULE(schannel_double, Init)
