#include "napi/proxy_functions.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"
#include "proxy/proxy_settings.h"
#include "worker/lane.h"

namespace schannel {
namespace {

Napi::Value FromText(Napi::Env env, const std::optional<std::wstring>& text) {
  return text ? FromWide(env, *text) : env.Null();
}

Napi::Value FromSettings(Napi::Env env, ProxySettings& settings) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("detects", Napi::Boolean::New(env, settings.detects));
  object.Set("script", FromText(env, settings.script));
  object.Set("proxy", FromText(env, settings.proxy));
  object.Set("bypass", FromText(env, settings.bypass));
  return object;
}

Napi::Value FromOptionalSettings(Napi::Env env, std::optional<ProxySettings>& settings) {
  return settings ? FromSettings(env, *settings) : env.Null();
}

Napi::Value FromEntries(Napi::Env env, const std::vector<ProxyEntry>& entries) {
  Napi::Array list = Napi::Array::New(env, entries.size());
  for (uint32_t index = 0; index < entries.size(); ++index) {
    const ProxyEntry& entry = entries[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("isProxy", Napi::Boolean::New(env, entry.is_proxy));
    object.Set("scheme", Napi::Number::New(env, entry.scheme));
    object.Set("host", FromWide(env, entry.host));
    object.Set("port", Napi::Number::New(env, entry.port));
    list.Set(index, object);
  }
  return list;
}

Napi::Value FromAnswer(Napi::Env env, ProxyAnswer& answer) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("entries", answer.entries ? FromEntries(env, *answer.entries) : env.Null());
  object.Set("list", FromText(env, answer.list));
  return object;
}

template <typename Value>
napi_value PostOutcome(const Call& call, napi_value callback, typename OutcomeJob<Value>::Work work,
                       typename OutcomeJob<Value>::Convert convert) {
  // A script is fetched from a host that settings or the network name.
  AddonData::Of(call.env).dispatcher.Post(
      callback, nullptr, std::make_shared<OutcomeJob<Value>>(std::move(work), std::move(convert)),
      Lane::OfStrangers());
  return nullptr;
}

}  // namespace

napi_value UserProxySettings(const Call& call) {
  return PostOutcome<std::optional<ProxySettings>>(
      call, call[0], [] { return UserProxySettings(WindowsWinHttpApi()); }, &FromOptionalSettings);
}

napi_value MachineProxySettings(const Call& call) {
  return PostOutcome<ProxySettings>(
      call, call[0], [] { return MachineProxySettings(WindowsWinHttpApi()); }, &FromSettings);
}

napi_value ProxyForUrl(const Call& call) {
  ProxyQuery query;
  query.url = ToWide(call.env, call[0]);
  if (!IsNull(call.env, call[1])) query.script = ToWide(call.env, call[1]);
  query.timeout = std::chrono::milliseconds(ToUint32(call.env, call[2]));
  return PostOutcome<ProxyAnswer>(
      call, call[3], [query = std::move(query)] { return ProxyForUrl(WindowsWinHttpApi(), query); },
      &FromAnswer);
}

}  // namespace schannel
