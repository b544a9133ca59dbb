#include "napi/service_functions.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"
#include "napi/service_host_wrap.h"
#include "service/event_log.h"
#include "service/event_reader.h"
#include "service/service_control.h"
#include "service/service_host.h"
#include "service/service_settings.h"

namespace schannel {
namespace {

// A call without a result, on a worker.
napi_value PostEnd(const Call& call, napi_value callback, EndJob::Work work) {
  AddonData::Of(call.env).dispatcher.Post(callback, nullptr,
                                          std::make_shared<EndJob>(std::move(work)));
  return nullptr;
}

Napi::Value FromServiceFacts(Napi::Env env, ServiceFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&object, env](const char* name, DWORD number) {
    object.Set(name, Napi::Number::New(env, number));
  };
  set("state", facts.status.dwCurrentState);
  set("win32ExitCode", facts.status.dwWin32ExitCode);
  set("serviceExitCode", facts.status.dwServiceSpecificExitCode);
  set("checkPoint", facts.status.dwCheckPoint);
  set("waitHint", facts.status.dwWaitHint);
  set("processId", facts.status.dwProcessId);
  set("startType", facts.start_type);
  object.Set("command", FromWide(env, facts.command));
  object.Set("account", FromWide(env, facts.account));
  object.Set("displayName", FromWide(env, facts.display_name));
  object.Set("dependencies", FromWideList(env, facts.dependencies));
  return object;
}

Napi::Value FromOptionalText(Napi::Env env, std::optional<std::wstring>& text) {
  return text ? FromWide(env, *text) : env.Null();
}

Napi::Value FromLoggedEvents(Napi::Env env, std::vector<LoggedEvent>& events) {
  Napi::Array list = Napi::Array::New(env, events.size());
  for (uint32_t index = 0; index < events.size(); ++index) {
    const LoggedEvent& event = events[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("time", FromFileTime(env, event.time));
    object.Set("id", Napi::Number::New(env, event.id));
    object.Set("level", Napi::Number::New(env, event.level));
    object.Set("texts", FromWideList(env, event.texts));
    list.Set(index, object);
  }
  return list;
}

}  // namespace

napi_value RunServiceHost(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  ServiceHostRequest request;
  request.name = ToWide(call.env, property("name"));
  request.controls = ToUint32List(call.env, property("controls"));
  request.stops = ToUint32List(call.env, property("stops"));
  request.start_hint = ToUint32(call.env, property("startHint"));
  request.stop_hint = ToUint32(call.env, property("stopHint"));
  auto host = std::make_shared<ServiceHost>(kSystemServiceHostApi, std::move(request));
  auto wrap = std::make_unique<ServiceHostWrap>(host);
  const napi_value object =
      AddonData::Of(call.env).service_host_class.New(call.env, std::move(wrap));
  ServiceHost::Begin(host);
  return object;
}

napi_value InstallService(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  const auto text = [&](const char* name) { return ToWide(call.env, property(name)); };
  const auto number = [&](const char* name) { return ToUint32(call.env, property(name)); };
  NewService service;
  service.name = text("name");
  service.display_name = text("displayName");
  service.description = text("description");
  service.command = text("command");
  service.account = text("account");
  service.start_type = number("startType");
  service.delayed = ToBool(call.env, property("delayed"));
  service.dependencies = ToWideList(call.env, property("dependencies"));
  service.restart_delays = ToUint32List(call.env, property("restartDelays"));
  service.failure_reset = number("failureReset");
  service.preshutdown_timeout = number("preshutdownTimeout");
  service.sid_type = number("sidType");
  return PostEnd(call, call[1],
                 [service = std::move(service)] { InstallService(kSystemServiceApi, service); });
}

napi_value FactsOfService(const Call& call) {
  auto job = std::make_shared<OutcomeJob<ServiceFacts>>(
      [name = ToWide(call.env, call[0])] { return FactsOfService(kSystemServiceApi, name); },
      &FromServiceFacts);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

napi_value LaunchService(const Call& call) {
  return PostEnd(call, call[1],
                 [name = ToWide(call.env, call[0])] { LaunchService(kSystemServiceApi, name); });
}

napi_value SendControl(const Call& call) {
  return PostEnd(call, call[2],
                 [name = ToWide(call.env, call[0]), control = ToUint32(call.env, call[1])] {
                   SendControl(kSystemServiceApi, name, control);
                 });
}

napi_value RemoveService(const Call& call) {
  return PostEnd(call, call[1],
                 [name = ToWide(call.env, call[0])] { RemoveService(kSystemServiceApi, name); });
}

napi_value ServiceText(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::optional<std::wstring>>>(
      [path = ToWide(call.env, call[0]), name = ToWide(call.env, call[1])] {
        return ServiceText(kSystemRegistryApi, path, name);
      },
      &FromOptionalText);
  AddonData::Of(call.env).dispatcher.Post(call[2], nullptr, std::move(job));
  return nullptr;
}

napi_value SetServiceText(const Call& call) {
  const DWORD type = ToBool(call.env, call[3]) ? REG_EXPAND_SZ : REG_SZ;
  return PostEnd(call, call[4],
                 [path = ToWide(call.env, call[0]), name = ToWide(call.env, call[1]),
                  text = ToWide(call.env, call[2]),
                  type] { SetServiceText(kSystemRegistryApi, path, name, text, type); });
}

napi_value SetServiceNumber(const Call& call) {
  return PostEnd(call, call[3],
                 [path = ToWide(call.env, call[0]), name = ToWide(call.env, call[1]),
                  number = ToUint32(call.env, call[2])] {
                   SetServiceNumber(kSystemRegistryApi, path, name, number);
                 });
}

napi_value RemoveServiceSettings(const Call& call) {
  return PostEnd(call, call[1], [path = ToWide(call.env, call[0])] {
    RemoveServiceSettings(kSystemRegistryApi, path);
  });
}

napi_value LogEvent(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  NewEvent event;
  event.source = ToWide(call.env, property("source"));
  event.type = static_cast<WORD>(ToUint32(call.env, property("type")));
  event.id = ToUint32(call.env, property("id"));
  event.text = ToWide(call.env, property("text"));
  return PostEnd(call, call[1],
                 [event = std::move(event)] { LogEvent(kSystemEventLogApi, event); });
}

napi_value ReadEvents(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::vector<LoggedEvent>>>(
      [channel = ToWide(call.env, call[0]), query = ToWide(call.env, call[1]),
       most = ToUint32(call.env, call[2])] {
        return ReadEvents(WindowsEventReader(), channel, query, most);
      },
      &FromLoggedEvents);
  AddonData::Of(call.env).dispatcher.Post(call[3], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
