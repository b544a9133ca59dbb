#include "napi/service_host_wrap.h"

#include <iterator>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"

namespace schannel {
namespace {

const char* NameOf(ServiceEvent::Kind kind) {
  switch (kind) {
    case ServiceEvent::Kind::kStarted:
      return "started";
    case ServiceEvent::Kind::kControl:
      return "control";
    default:
      return "ended";
  }
}

Napi::Value FromServiceEvent(Napi::Env env, ServiceEvent& event) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", NameOf(event.kind));
  object.Set("code", Napi::Number::New(env, event.code));
  object.Set("arguments", FromWideList(env, event.arguments));
  return object;
}

}  // namespace

WrapClass ServiceHostWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {
      Method<ServiceHostWrap, &ServiceHostWrap::Next>("next"),
      Method<ServiceHostWrap, &ServiceHostWrap::Report>("report"),
  };
  return WrapClass(env, "ServiceHost", members, std::size(members));
}

napi_value ServiceHostWrap::Next(const Call& call) {
  // Runs when the host says so, not when a worker is free.
  auto job = std::make_shared<OutcomeJob<ServiceEvent>>([host = host_] { return host->Take(); },
                                                        &FromServiceEvent);
  AddonData::Of(call.env).dispatcher.Post(
      call[0], call.self, std::move(job),
      [host = host_](ServiceHost::Task task) { host->Next(std::move(task)); });
  return nullptr;
}

napi_value ServiceHostWrap::Report(const Call& call) {
  const auto number = [&call](const char* name) {
    return ToUint32(call.env, GetProperty(call.env, call[0], name));
  };
  ServiceReport report;
  report.state = number("state");
  report.controls_accepted = number("controlsAccepted");
  report.win32_exit_code = number("win32ExitCode");
  report.service_exit_code = number("serviceExitCode");
  report.check_point = number("checkPoint");
  report.wait_hint = number("waitHint");
  host_->Report(report);
  return nullptr;
}

}  // namespace schannel
