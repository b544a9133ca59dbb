#include "napi/registry_functions.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypt/context_functions.h"
#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"
#include "registry/registry.h"

namespace schannel {
namespace {

// A call without a result, on a worker.
napi_value PostEnd(const Call& call, napi_value callback, EndJob::Work work) {
  AddonData::Of(call.env).dispatcher.Post(callback, nullptr,
                                          std::make_shared<EndJob>(std::move(work)));
  return nullptr;
}

Napi::Value FromKeys(Napi::Env env, std::vector<RegistryKey>& keys) {
  Napi::Array list = Napi::Array::New(env, keys.size());
  for (uint32_t at = 0; at < keys.size(); ++at) {
    const RegistryKey& key = keys[at];
    Napi::Array values = Napi::Array::New(env, key.values.size());
    for (uint32_t index = 0; index < key.values.size(); ++index) {
      const RegistryValue& value = key.values[index];
      Napi::Object object = Napi::Object::New(env);
      object.Set("name", FromWide(env, value.name));
      object.Set("type", Napi::Number::New(env, value.type));
      object.Set("data", FromBytes(env, value.data));
      values.Set(index, object);
    }
    Napi::Object object = Napi::Object::New(env);
    object.Set("path", FromWide(env, key.path));
    object.Set("written", FromFileTime(env, key.written));
    object.Set("values", values);
    list.Set(at, object);
  }
  return list;
}

Napi::Value FromNames(Napi::Env env, std::vector<std::wstring>& names) {
  return FromWideList(env, names);
}

}  // namespace

napi_value ReadRegistry(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::vector<RegistryKey>>>(
      [path = ToWide(call.env, call[0]), depth = ToUint32(call.env, call[1])] {
        return ReadRegistry(kSystemRegistryKeyApi, path, depth);
      },
      &FromKeys);
  AddonData::Of(call.env).dispatcher.Post(call[2], nullptr, std::move(job));
  return nullptr;
}

napi_value CheckRegistryRights(const Call& call) {
  return PostEnd(call, call[1], [path = ToWide(call.env, call[0])] {
    CheckRegistryRights(kSystemRegistryKeyApi, path);
  });
}

napi_value SetRegistryValue(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[1], name); };
  RegistryValue value;
  value.name = ToWide(call.env, property("name"));
  value.type = ToUint32(call.env, property("type"));
  value.data = ToBytes(call.env, property("data"));
  return PostEnd(call, call[2], [path = ToWide(call.env, call[0]), value = std::move(value)] {
    SetRegistryValue(kSystemRegistryKeyApi, path, value);
  });
}

napi_value RemoveRegistryValue(const Call& call) {
  return PostEnd(call, call[2],
                 [path = ToWide(call.env, call[0]), name = ToWide(call.env, call[1])] {
                   RemoveRegistryValue(kSystemRegistryKeyApi, path, name);
                 });
}

napi_value RemoveRegistryKey(const Call& call) {
  return PostEnd(call, call[1], [path = ToWide(call.env, call[0])] {
    RemoveRegistryKey(kSystemRegistryKeyApi, path);
  });
}

napi_value ContextFunctions(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::vector<std::wstring>>>(
      [table = ToUint32(call.env, call[0]), interface_id = ToUint32(call.env, call[1])] {
        return ContextFunctions(kSystemContextFunctionApi, table, interface_id);
      },
      &FromNames);
  AddonData::Of(call.env).dispatcher.Post(call[2], nullptr, std::move(job));
  return nullptr;
}

napi_value AddContextFunction(const Call& call) {
  return PostEnd(call, call[4],
                 [table = ToUint32(call.env, call[0]), interface_id = ToUint32(call.env, call[1]),
                  name = ToWide(call.env, call[2]), position = ToUint32(call.env, call[3])] {
                   AddContextFunction(kSystemContextFunctionApi, table, interface_id, name,
                                      position);
                 });
}

napi_value RemoveContextFunction(const Call& call) {
  return PostEnd(call, call[3],
                 [table = ToUint32(call.env, call[0]), interface_id = ToUint32(call.env, call[1]),
                  name = ToWide(call.env, call[2])] {
                   RemoveContextFunction(kSystemContextFunctionApi, table, interface_id, name);
                 });
}

napi_value IsFipsMode(const Call& call) {
  return Napi::Boolean::New(call.env, IsFipsMode(kSystemContextFunctionApi));
}

}  // namespace schannel
