// Services of Windows, scripted: this process as one, and others that are managed.
#include "platform/win.h"

#include <cstring>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "service/event_log.h"
#include "service/event_reader.h"
#include "service/service_control.h"
#include "service/service_host.h"
#include "service/service_settings.h"
#include "support/faults.h"
#include "support/gate.h"
#include "support/harness.h"
#include "support/workers.h"

using schannel::EventLogApi;
using schannel::EventReaderApi;
using schannel::FactsOfService;
using schannel::HandleKind;
using schannel::InstallService;
using schannel::kSystemRegistryApi;
using schannel::kSystemServiceApi;
using schannel::LaunchService;
using schannel::LiveHandles;
using schannel::LogEvent;
using schannel::LoggedEvent;
using schannel::NewService;
using schannel::ReadEvents;
using schannel::RegistryApi;
using schannel::RemoveService;
using schannel::RemoveServiceSettings;
using schannel::SendControl;
using schannel::ServiceApi;
using schannel::ServiceEvent;
using schannel::ServiceFacts;
using schannel::ServiceHost;
using schannel::ServiceHostApi;
using schannel::ServiceHostRequest;
using schannel::ServiceReport;
using schannel::ServiceText;
using schannel::SetServiceNumber;
using schannel::SetServiceText;
using schannel::WindowsError;

namespace {

constexpr DWORD kReload = 130;

// Functions in a table have no object: there is one script for all.
struct Script {
  // What each function fails with, by its name; it succeeds if it is not here.
  std::map<std::string, DWORD> errors;
  std::vector<std::string> calls;
  std::vector<SERVICE_STATUS> statuses;
  LPHANDLER_FUNCTION_EX handler = nullptr;
  void* context = nullptr;
  // The dispatcher returns when a service has stopped.
  std::promise<void> stopped;
  DWORD access = 0;
  std::wstring command;
  std::wstring dependencies;
  std::wstring account;
  std::map<DWORD, std::vector<BYTE>> config;
  std::vector<DWORD> failure_delays;
  DWORD control = 0;
};
std::unique_ptr<Script> script;

// Whether the call fails; then with this last error.
bool Refused(const char* name) {
  script->calls.emplace_back(name);
  const auto error = script->errors.find(name);
  if (error == script->errors.end()) return false;
  SetLastError(error->second);
  return true;
}

size_t CallsOf(const std::string& name) {
  size_t count = 0;
  for (const std::string& call : script->calls) count += call == name ? 1 : 0;
  return count;
}

// As Windows: one thread calls ServiceMain, and returns when the service has stopped.
BOOL WINAPI Dispatch(const SERVICE_TABLE_ENTRYW* table) {
  if (Refused("dispatch")) return FALSE;
  std::wstring name = table[0].lpServiceName;
  std::wstring argument = L"second";
  wchar_t* arguments[] = {name.data(), argument.data()};
  table[0].lpServiceProc(2, arguments);
  script->stopped.get_future().wait();
  return TRUE;
}

SERVICE_STATUS_HANDLE WINAPI RegisterHandler(const wchar_t*, LPHANDLER_FUNCTION_EX handler,
                                             void* context) {
  if (Refused("register")) return nullptr;
  script->handler = handler;
  script->context = context;
  return reinterpret_cast<SERVICE_STATUS_HANDLE>(script.get());
}

BOOL WINAPI SetStatus(SERVICE_STATUS_HANDLE, SERVICE_STATUS* status) {
  if (Refused("status")) return FALSE;
  script->statuses.push_back(*status);
  if (status->dwCurrentState == SERVICE_STOPPED) script->stopped.set_value();
  return TRUE;
}

const ServiceHostApi kHostApi = {&Dispatch, &RegisterHandler, &SetStatus};

SC_HANDLE AHandle() { return reinterpret_cast<SC_HANDLE>(script.get()); }

SC_HANDLE WINAPI OpenManager(const wchar_t*, const wchar_t*, DWORD) {
  return Refused("manager") ? nullptr : AHandle();
}

SC_HANDLE WINAPI Open(SC_HANDLE, const wchar_t*, DWORD access) {
  script->access = access;
  return Refused("open") ? nullptr : AHandle();
}

BOOL WINAPI Close(SC_HANDLE) {
  script->calls.emplace_back("close");
  return TRUE;
}

SC_HANDLE WINAPI Create(SC_HANDLE, const wchar_t*, const wchar_t*, DWORD access, DWORD type, DWORD,
                        DWORD, const wchar_t* command, const wchar_t*, DWORD*,
                        const wchar_t* dependencies, const wchar_t* account, const wchar_t*) {
  CHECK_EQUAL(type, static_cast<DWORD>(SERVICE_WIN32_OWN_PROCESS));
  script->access = access;
  script->command = command;
  if (dependencies != nullptr) {
    const wchar_t* end = dependencies;
    while (*end != L'\0') end += std::wcslen(end) + 1;
    script->dependencies.assign(dependencies, end + 1);
  }
  script->account = account == nullptr ? L"(none)" : account;
  return Refused("create") ? nullptr : AHandle();
}

BOOL WINAPI Change(SC_HANDLE, DWORD level, void* info) {
  if (Refused("change")) return FALSE;
  if (level == SERVICE_CONFIG_FAILURE_ACTIONS) {
    const auto* failure = static_cast<const SERVICE_FAILURE_ACTIONSW*>(info);
    for (DWORD index = 0; index < failure->cActions; ++index) {
      CHECK_EQUAL(failure->lpsaActions[index].Type, SC_ACTION_RESTART);
      script->failure_delays.push_back(failure->lpsaActions[index].Delay);
    }
  }
  const auto* bytes = static_cast<const BYTE*>(info);
  script->config[level].assign(bytes, bytes + sizeof(DWORD));
  return TRUE;
}

BOOL WINAPI QueryStatus(SC_HANDLE, SC_STATUS_TYPE, BYTE* buffer, DWORD size, DWORD*) {
  if (Refused("query status")) return FALSE;
  SERVICE_STATUS_PROCESS status = {};
  CHECK_EQUAL(size, sizeof(status));
  status.dwCurrentState = SERVICE_RUNNING;
  status.dwProcessId = 4711;
  std::memcpy(buffer, &status, sizeof(status));
  return TRUE;
}

BOOL WINAPI QueryConfig(SC_HANDLE, QUERY_SERVICE_CONFIGW* config, DWORD size, DWORD* needed) {
  if (Refused("query config")) return FALSE;
  static wchar_t command[] = L"\"C:\\node.exe\"";
  static wchar_t dependencies[] = L"Tcpip\0Dnscache\0";
  *needed = sizeof(QUERY_SERVICE_CONFIGW);
  if (size < *needed) {
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return FALSE;
  }
  *config = {};
  config->dwStartType = SERVICE_AUTO_START;
  config->lpBinaryPathName = command;
  config->lpDependencies = dependencies;
  return TRUE;
}

BOOL WINAPI Start(SC_HANDLE, DWORD, const wchar_t**) { return !Refused("start"); }

BOOL WINAPI Control(SC_HANDLE, DWORD control, SERVICE_STATUS*) {
  script->control = control;
  return !Refused("control");
}

BOOL WINAPI Remove(SC_HANDLE) { return !Refused("remove"); }

const ServiceApi kApi = {&OpenManager, &Open,        &Close, &Create,  &Change,
                         &QueryStatus, &QueryConfig, &Start, &Control, &Remove};

void Reset() { script = std::make_unique<Script>(); }

void CheckNoHandles() {
  for (const auto kind : {HandleKind::kService, HandleKind::kEventLog}) {
    CHECK_EQUAL(LiveHandles(kind).load(), 0);
  }
}

DWORD NumberAt(DWORD level) {
  DWORD number = 0;
  CHECK_EQUAL(script->config.count(level), size_t{1});
  std::memcpy(&number, script->config[level].data(), sizeof(number));
  return number;
}

// Waits for the next event.
ServiceEvent Next(const std::shared_ptr<ServiceHost>& host) {
  std::promise<void> ready;
  host->Next([&ready] { ready.set_value(); });
  ready.get_future().wait();
  return host->Take();
}

std::shared_ptr<ServiceHost> StartedHost() {
  Reset();
  ServiceHostRequest request;
  request.name = L"tunnel";
  request.controls = {SERVICE_CONTROL_STOP, SERVICE_CONTROL_PRESHUTDOWN, kReload};
  request.stops = {SERVICE_CONTROL_STOP, SERVICE_CONTROL_PRESHUTDOWN};
  request.start_hint = 10'000;
  request.stop_hint = 25'000;
  auto host = std::make_shared<ServiceHost>(kHostApi, request);
  ServiceHost::Begin(host);
  return host;
}

ServiceReport ReportOf(DWORD state, DWORD accepted = 0) {
  ServiceReport report;
  report.state = state;
  report.controls_accepted = accepted;
  return report;
}

DWORD Send(DWORD control) { return script->handler(control, 0, nullptr, script->context); }

void End(const std::shared_ptr<ServiceHost>& host) {
  host->Report(ReportOf(SERVICE_STOPPED));
  const ServiceEvent event = Next(host);
  CHECK(event.kind == ServiceEvent::Kind::kEnded);
  CHECK_EQUAL(event.code, static_cast<DWORD>(ERROR_SUCCESS));
}

// For a host that was given up, which nothing wakes any more.
void UntilEnded(const std::shared_ptr<ServiceHost>& host) {
  for (;;) {
    try {
      if (host->Take().kind == ServiceEvent::Kind::kEnded) return;
    } catch (const WindowsError&) {
      std::this_thread::yield();
    }
  }
}

NewService AService() {
  NewService service;
  service.name = L"tunnel";
  service.display_name = L"Tunnel";
  service.description = L"Passes connections on";
  service.command = L"\"C:\\Program Files\\nodejs\\node.exe\" \"C:\\tunnel.js\"";
  service.account = L"NT SERVICE\\tunnel";
  service.start_type = SERVICE_AUTO_START;
  service.delayed = true;
  service.dependencies = {L"Tcpip", L"Dnscache"};
  service.restart_delays = {1'000, 60'000};
  service.failure_reset = 86'400;
  service.preshutdown_timeout = 30'000;
  service.sid_type = SERVICE_SID_TYPE_UNRESTRICTED;
  return service;
}

}  // namespace

TEST(host_tells_windows_that_it_starts_and_javascript_with_what) {
  const auto host = StartedHost();
  const ServiceEvent started = Next(host);
  CHECK(started.kind == ServiceEvent::Kind::kStarted);
  CHECK_EQUAL(started.arguments.size(), size_t{2});
  CHECK(started.arguments[1] == L"second");
  const SERVICE_STATUS& status = script->statuses.at(0);
  CHECK_EQUAL(status.dwCurrentState, static_cast<DWORD>(SERVICE_START_PENDING));
  CHECK_EQUAL(status.dwServiceType, static_cast<DWORD>(SERVICE_WIN32_OWN_PROCESS));
  CHECK_EQUAL(status.dwControlsAccepted, DWORD{0});
  CHECK_EQUAL(status.dwWaitHint, DWORD{10'000});
  End(host);
}

TEST(host_reports_what_it_is_told) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  ServiceReport report = ReportOf(SERVICE_STOPPED, 7);
  report.win32_exit_code = ERROR_SERVICE_SPECIFIC_ERROR;
  report.service_exit_code = 12;
  report.check_point = 3;
  report.wait_hint = 4;
  host->Report(report);
  const SERVICE_STATUS& status = script->statuses.at(1);
  CHECK_EQUAL(status.dwControlsAccepted, DWORD{7});
  CHECK_EQUAL(status.dwWin32ExitCode, static_cast<DWORD>(ERROR_SERVICE_SPECIFIC_ERROR));
  CHECK_EQUAL(status.dwServiceSpecificExitCode, DWORD{12});
  CHECK_EQUAL(status.dwCheckPoint, DWORD{3});
  CHECK_EQUAL(status.dwWaitHint, DWORD{4});
  static_cast<void>(Next(host));
}

TEST(host_that_has_stopped_reports_nothing_more) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  End(host);
  CHECK_EQUAL(CHECK_THROWS(host->Report(ReportOf(SERVICE_RUNNING)), ERROR_SERVICE_NOT_ACTIVE),
              "SetServiceStatus");
  CHECK_EQUAL(script->statuses.size(), size_t{2});
}

TEST(host_that_was_not_started_reports_nothing) {
  Reset();
  ServiceHost host(kHostApi, {});
  CHECK_THROWS(host.Report(ReportOf(SERVICE_RUNNING)), ERROR_SERVICE_NOT_ACTIVE);
  CHECK(script->statuses.empty());
}

TEST(host_outside_of_the_service_manager_ends_with_the_reason) {
  Reset();
  script->errors["dispatch"] = ERROR_FAILED_SERVICE_CONTROLLER_CONNECT;
  const auto host = std::make_shared<ServiceHost>(kHostApi, ServiceHostRequest{});
  ServiceHost::Begin(host);
  const ServiceEvent event = Next(host);
  CHECK(event.kind == ServiceEvent::Kind::kEnded);
  CHECK_EQUAL(event.code, static_cast<DWORD>(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT));
  // Another attempt is Windows' to refuse.
  const auto second = std::make_shared<ServiceHost>(kHostApi, ServiceHostRequest{});
  ServiceHost::Begin(second);
  CHECK(Next(second).kind == ServiceEvent::Kind::kEnded);
}

TEST(process_has_one_host_at_a_time) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  const auto second = std::make_shared<ServiceHost>(kHostApi, ServiceHostRequest{});
  CHECK_EQUAL(CHECK_THROWS(ServiceHost::Begin(second), ERROR_SERVICE_ALREADY_RUNNING),
              "StartServiceCtrlDispatcherW");
  End(host);
}

TEST(host_without_a_handler_ends_with_the_reason) {
  Reset();
  script->errors["register"] = ERROR_INVALID_NAME;
  script->stopped.set_value();
  const auto host = std::make_shared<ServiceHost>(kHostApi, ServiceHostRequest{});
  ServiceHost::Begin(host);
  const ServiceEvent event = Next(host);
  CHECK(event.kind == ServiceEvent::Kind::kEnded);
  CHECK_EQUAL(event.code, static_cast<DWORD>(ERROR_INVALID_NAME));
  CHECK(script->statuses.empty());
  // Until the dispatcher has returned as well: the next test has another script.
  CHECK(Next(host).kind == ServiceEvent::Kind::kEnded);
}

TEST(stop_is_answered_at_once_and_reported) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  host->Report(ReportOf(SERVICE_RUNNING, SERVICE_ACCEPT_STOP));
  CHECK_EQUAL(Send(SERVICE_CONTROL_STOP), static_cast<DWORD>(NO_ERROR));
  // Before JavaScript has heard of it.
  const SERVICE_STATUS& status = script->statuses.at(2);
  CHECK_EQUAL(status.dwCurrentState, static_cast<DWORD>(SERVICE_STOP_PENDING));
  CHECK_EQUAL(status.dwControlsAccepted, DWORD{0});
  CHECK_EQUAL(status.dwCheckPoint, DWORD{1});
  CHECK_EQUAL(status.dwWaitHint, DWORD{25'000});
  const ServiceEvent event = Next(host);
  CHECK(event.kind == ServiceEvent::Kind::kControl);
  CHECK_EQUAL(event.code, static_cast<DWORD>(SERVICE_CONTROL_STOP));
  End(host);
}

TEST(second_stop_does_not_set_the_checkpoint_back) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  host->Report(ReportOf(SERVICE_RUNNING, SERVICE_ACCEPT_STOP));
  Send(SERVICE_CONTROL_STOP);
  Send(SERVICE_CONTROL_PRESHUTDOWN);
  CHECK_EQUAL(script->statuses.size(), size_t{3});
  static_cast<void>(Next(host));
  static_cast<void>(Next(host));
  End(host);
}

TEST(reload_changes_no_state) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  host->Report(ReportOf(SERVICE_RUNNING));
  CHECK_EQUAL(Send(kReload), static_cast<DWORD>(NO_ERROR));
  CHECK_EQUAL(script->statuses.size(), size_t{2});
  CHECK_EQUAL(Next(host).code, kReload);
  End(host);
}

TEST(controls_that_nobody_has_seen_are_kept_once) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  host->Report(ReportOf(SERVICE_RUNNING));
  for (int count = 0; count < 1'000; ++count) Send(kReload);
  Send(SERVICE_CONTROL_STOP);
  CHECK_EQUAL(Next(host).code, kReload);
  CHECK_EQUAL(Next(host).code, static_cast<DWORD>(SERVICE_CONTROL_STOP));
  End(host);
}

TEST(control_is_told_once_although_there_was_no_memory_for_it) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  const size_t faults = test::WithEachFault(&test::WarmUpWorkers, [&host] {
    test::Gate first;
    test::Gate second;
    // A task that holds something is copied for a worker, which takes memory.
    const auto ask = [&host](test::Gate& told) {
      for (;;) {
        try {
          return host->Next([&told, &host, held = std::make_shared<int>(0)] {
            static_cast<void>(host->Take());
            told.Open();
          });
        } catch (const std::bad_alloc&) {
          CHECK(test::HasMetFault());
        }
      }
    };
    const auto send = [] {
      while (script->handler(kReload, 0, nullptr, script->context) != NO_ERROR) {
        CHECK(test::HasMetFault());
      }
    };
    ask(first);
    send();
    first.Wait();
    // And if it is there before.
    send();
    ask(second);
    second.Wait();
    test::WaitForWorkers();
  });
  CHECK(faults > 2);
  End(host);
}

TEST(controls_that_are_not_wanted_are_refused) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  CHECK_EQUAL(Send(SERVICE_CONTROL_INTERROGATE), static_cast<DWORD>(NO_ERROR));
  CHECK_EQUAL(Send(SERVICE_CONTROL_PAUSE), static_cast<DWORD>(ERROR_CALL_NOT_IMPLEMENTED));
  CHECK_EQUAL(Send(131), static_cast<DWORD>(ERROR_CALL_NOT_IMPLEMENTED));
  End(host);
}

TEST(status_that_windows_refuses_is_told) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  script->errors["status"] = ERROR_INVALID_DATA;
  CHECK_EQUAL(CHECK_THROWS(host->Report(ReportOf(SERVICE_RUNNING)), ERROR_INVALID_DATA),
              "SetServiceStatus");
  script->errors.clear();
  End(host);
}

TEST(host_that_is_given_up_wakes_who_waits) {
  Reset();
  ServiceHost host(kHostApi, {});
  std::promise<void> ready;
  host.Next([&ready] { ready.set_value(); });
  CHECK_THROWS(host.Next([] {}), SEC_E_INVALID_HANDLE);
  host.Cancel();
  ready.get_future().wait();
  CHECK_THROWS(static_cast<void>(host.Take()), ERROR_CANCELLED);
}

TEST(service_that_is_given_up_has_failed) {
  const auto host = StartedHost();
  static_cast<void>(Next(host));
  host->Report(ReportOf(SERVICE_RUNNING));
  host->Cancel();
  const SERVICE_STATUS last = script->statuses.back();
  CHECK_EQUAL(last.dwCurrentState, static_cast<DWORD>(SERVICE_STOPPED));
  CHECK_EQUAL(last.dwWin32ExitCode, static_cast<DWORD>(ERROR_PROCESS_ABORTED));
  UntilEnded(host);
  const size_t reports = script->statuses.size();
  host->Cancel();
  CHECK_EQUAL(script->statuses.size(), reports);
}

TEST(service_that_was_given_up_before_it_started_does_not_run) {
  Reset();
  const auto host = std::make_shared<ServiceHost>(kHostApi, ServiceHostRequest{});
  host->Cancel();
  ServiceHost::Begin(host);
  UntilEnded(host);
  CHECK_EQUAL(script->statuses.back().dwCurrentState, static_cast<DWORD>(SERVICE_STOPPED));
}

TEST(service_is_made_with_all_that_it_needs) {
  Reset();
  InstallService(kApi, AService());
  CHECK(script->command == AService().command);
  CHECK(script->dependencies == std::wstring(L"Tcpip\0Dnscache\0\0", 16));
  CHECK(script->account == L"NT SERVICE\\tunnel");
  // Setting an action that starts the service needs the right to start it.
  CHECK((script->access & SERVICE_START) != 0);
  CHECK_EQUAL(script->config.count(SERVICE_CONFIG_DESCRIPTION), size_t{1});
  CHECK_EQUAL(NumberAt(SERVICE_CONFIG_DELAYED_AUTO_START_INFO), DWORD{TRUE});
  CHECK_EQUAL(NumberAt(SERVICE_CONFIG_FAILURE_ACTIONS), DWORD{86'400});
  CHECK(script->failure_delays == (std::vector<DWORD>{1'000, 60'000}));
  CHECK_EQUAL(NumberAt(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG), DWORD{TRUE});
  CHECK_EQUAL(NumberAt(SERVICE_CONFIG_PRESHUTDOWN_INFO), DWORD{30'000});
  CHECK_EQUAL(NumberAt(SERVICE_CONFIG_SERVICE_SID_INFO),
              static_cast<DWORD>(SERVICE_SID_TYPE_UNRESTRICTED));
  CHECK_EQUAL(CallsOf("remove"), size_t{0});
  CheckNoHandles();
}

TEST(service_without_wishes_gets_none) {
  Reset();
  NewService service;
  service.name = L"plain";
  InstallService(kApi, service);
  CHECK(script->account == L"(none)");
  CHECK(script->dependencies.empty());
  CHECK(script->config.empty());
}

TEST(service_that_is_half_made_is_removed) {
  Reset();
  script->errors["change"] = ERROR_INVALID_PARAMETER;
  CHECK_EQUAL(CHECK_THROWS(InstallService(kApi, AService()), ERROR_INVALID_PARAMETER),
              "ChangeServiceConfig2W");
  CHECK_EQUAL(CallsOf("remove"), size_t{1});
  CheckNoHandles();
}

TEST(service_that_is_refused_tells_why) {
  Reset();
  script->errors["create"] = ERROR_SERVICE_EXISTS;
  CHECK_EQUAL(CHECK_THROWS(InstallService(kApi, AService()), ERROR_SERVICE_EXISTS),
              "CreateServiceW");
  CHECK_EQUAL(CallsOf("remove"), size_t{0});
  script->errors["manager"] = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(InstallService(kApi, AService()), ERROR_ACCESS_DENIED),
              "OpenSCManagerW");
  CheckNoHandles();
}

TEST(facts_are_those_of_windows) {
  Reset();
  const ServiceFacts facts = FactsOfService(kApi, L"tunnel");
  CHECK_EQUAL(facts.status.dwCurrentState, static_cast<DWORD>(SERVICE_RUNNING));
  CHECK_EQUAL(facts.status.dwProcessId, DWORD{4711});
  CHECK_EQUAL(facts.start_type, static_cast<DWORD>(SERVICE_AUTO_START));
  CHECK(facts.command == L"\"C:\\node.exe\"");
  CHECK(facts.account.empty());
  CHECK(facts.dependencies == (std::vector<std::wstring>{L"Tcpip", L"Dnscache"}));
  CheckNoHandles();
}

TEST(each_control_opens_the_service_with_its_right) {
  Reset();
  SendControl(kApi, L"tunnel", SERVICE_CONTROL_STOP);
  CHECK_EQUAL(script->access, static_cast<DWORD>(SERVICE_STOP));
  SendControl(kApi, L"tunnel", SERVICE_CONTROL_PARAMCHANGE);
  CHECK_EQUAL(script->access, static_cast<DWORD>(SERVICE_PAUSE_CONTINUE));
  SendControl(kApi, L"tunnel", kReload);
  CHECK_EQUAL(script->access, static_cast<DWORD>(SERVICE_USER_DEFINED_CONTROL));
  CHECK_EQUAL(script->control, kReload);
  LaunchService(kApi, L"tunnel");
  CHECK_EQUAL(script->access, static_cast<DWORD>(SERVICE_START));
  RemoveService(kApi, L"tunnel");
  CHECK_EQUAL(script->access, static_cast<DWORD>(DELETE));
  CheckNoHandles();
}

TEST(failures_name_their_function) {
  Reset();
  script->errors = {{"start", ERROR_SERVICE_ALREADY_RUNNING},
                    {"control", ERROR_SERVICE_NOT_ACTIVE},
                    {"remove", ERROR_SERVICE_MARKED_FOR_DELETE},
                    {"query status", ERROR_ACCESS_DENIED}};
  CHECK_EQUAL(CHECK_THROWS(LaunchService(kApi, L"x"), ERROR_SERVICE_ALREADY_RUNNING),
              "StartServiceW");
  CHECK_EQUAL(CHECK_THROWS(SendControl(kApi, L"x", 1), ERROR_SERVICE_NOT_ACTIVE), "ControlService");
  CHECK_EQUAL(CHECK_THROWS(RemoveService(kApi, L"x"), ERROR_SERVICE_MARKED_FOR_DELETE),
              "DeleteService");
  CHECK_EQUAL(CHECK_THROWS(static_cast<void>(FactsOfService(kApi, L"x")), ERROR_ACCESS_DENIED),
              "QueryServiceStatusEx");
  script->errors = {{"open", ERROR_SERVICE_DOES_NOT_EXIST}};
  CHECK_EQUAL(CHECK_THROWS(LaunchService(kApi, L"x"), ERROR_SERVICE_DOES_NOT_EXIST),
              "OpenServiceW");
  CheckNoHandles();
}

TEST(windows_itself_knows_no_such_service) {
  CHECK_EQUAL(
      CHECK_THROWS(static_cast<void>(FactsOfService(kSystemServiceApi, L"schannel-test-none")),
                   ERROR_SERVICE_DOES_NOT_EXIST),
      "OpenServiceW");
  CheckNoHandles();
}

TEST(settings_are_kept_below_the_key_of_services) {
  const std::wstring path =
      L"schannel-test-" + std::to_wstring(GetCurrentProcessId()) + L"\\Parameters";
  const RegistryApi& api = kSystemRegistryApi;
  CHECK(!ServiceText(api, path, L"schannel"));
  SetServiceText(api, path, L"schannel", L"%SystemRoot%\\x", REG_EXPAND_SZ);
  // As it stands, not with the variable's value.
  CHECK(ServiceText(api, path, L"schannel") == L"%SystemRoot%\\x");
  SetServiceText(api, path, L"empty", L"", REG_SZ);
  CHECK(ServiceText(api, path, L"empty") == L"");
  SetServiceNumber(api, path, L"number", 7);
  CHECK(!ServiceText(api, path, L"number"));
  RemoveServiceSettings(api, path);
  CHECK(!ServiceText(api, path, L"schannel"));
  RemoveServiceSettings(api, path);
  RegDeleteTreeW(
      HKEY_LOCAL_MACHINE,
      (L"SYSTEM\\CurrentControlSet\\Services\\" + path.substr(0, path.find(L'\\'))).c_str());
}

TEST(settings_elsewhere_are_not_reached) {
  RegistryApi api;
  api.remove = [](HKEY, const wchar_t*) -> LSTATUS { throw test::Failure("", 0, "was removed"); };
  for (const std::wstring& path :
       {std::wstring(), std::wstring(L"\\"), std::wstring(L"Tcpip"), std::wstring(L"Tcpip\\"),
        std::wstring(L"\\Tcpip\\x"), std::wstring(L"a\0b\\c", 5)}) {
    CHECK_THROWS(RemoveServiceSettings(api, path), E_INVALIDARG);
  }
  CHECK_THROWS(SetServiceText(api, L"x\\y", L"name", L"text", REG_BINARY), E_INVALIDARG);
}

namespace {

struct Reported {
  std::wstring source;
  WORD type = 0;
  DWORD id = 0;
  std::wstring text;
  int closed = 0;
  bool refused = false;
};
Reported reported;

const EventLogApi kEventLog = {[](const wchar_t*, const wchar_t* source) -> HANDLE {
                                 reported.source = source;
                                 return &reported;
                               },
                               [](HANDLE, WORD type, WORD, DWORD id, PSID, WORD count, DWORD,
                                  const wchar_t** texts, void*) -> BOOL {
                                 CHECK_EQUAL(count, WORD{1});
                                 reported.type = type;
                                 reported.id = id;
                                 reported.text = texts[0];
                                 if (reported.refused) SetLastError(ERROR_LOG_FILE_FULL);
                                 return !reported.refused;
                               },
                               [](HANDLE) -> BOOL {
                                 ++reported.closed;
                                 return TRUE;
                               }};

// One after the other, as the channel has them.
struct Channel {
  std::vector<std::vector<EVT_VARIANT>> events;
  size_t position = 0;
  int open = 0;
  std::wstring query;
};
Channel channel;

EVT_VARIANT Variant(DWORD type) {
  EVT_VARIANT value = {};
  value.Type = type;
  return value;
}

std::vector<EVT_VARIANT> AnEvent(ULONGLONG time, UINT16 id, const wchar_t* text) {
  std::vector<EVT_VARIANT> values = {Variant(EvtVarTypeFileTime), Variant(EvtVarTypeUInt16),
                                     Variant(EvtVarTypeByte), Variant(EvtVarTypeString)};
  values[0].FileTimeVal = time;
  values[1].UInt16Val = id;
  values[2].ByteVal = 2;
  values[3].StringVal = text;
  return values;
}

const EventReaderApi kReader = {
    [](EVT_HANDLE, const wchar_t*, const wchar_t* query, DWORD flags) -> EVT_HANDLE {
      CHECK_EQUAL(flags, static_cast<DWORD>(EvtQueryChannelPath | EvtQueryReverseDirection));
      channel.query = query;
      ++channel.open;
      return &channel;
    },
    [](EVT_HANDLE, DWORD, EVT_HANDLE* events, DWORD, DWORD, DWORD* returned) -> BOOL {
      if (channel.position == channel.events.size()) {
        SetLastError(ERROR_NO_MORE_ITEMS);
        return FALSE;
      }
      *events = &channel.events[channel.position++];
      *returned = 1;
      ++channel.open;
      return TRUE;
    },
    [](DWORD count, const wchar_t**, DWORD) -> EVT_HANDLE {
      CHECK_EQUAL(count, DWORD{4});
      ++channel.open;
      return &channel;
    },
    [](EVT_HANDLE, EVT_HANDLE event, DWORD, DWORD size, void* buffer, DWORD* used,
       DWORD* count) -> BOOL {
      const auto& values = *static_cast<const std::vector<EVT_VARIANT>*>(event);
      *used = static_cast<DWORD>(values.size() * sizeof(EVT_VARIANT));
      *count = static_cast<DWORD>(values.size());
      if (size < *used) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
      }
      std::memcpy(buffer, values.data(), *used);
      return TRUE;
    },
    [](EVT_HANDLE) -> BOOL {
      --channel.open;
      return TRUE;
    }};

}  // namespace

TEST(event_is_written_with_its_source) {
  reported = {};
  LogEvent(kEventLog, {L"tunnel", EVENTLOG_ERROR_TYPE, 3, L"it failed"});
  CHECK(reported.source == L"tunnel");
  CHECK_EQUAL(reported.type, WORD{EVENTLOG_ERROR_TYPE});
  CHECK_EQUAL(reported.id, DWORD{3});
  CHECK(reported.text == L"it failed");
  CHECK_EQUAL(reported.closed, 1);
  reported.refused = true;
  CHECK_EQUAL(CHECK_THROWS(LogEvent(kEventLog, {}), ERROR_LOG_FILE_FULL), "ReportEventW");
  CHECK_EQUAL(reported.closed, 2);
}

TEST(events_are_read_newest_first_and_no_more_than_wanted) {
  channel = {};
  channel.events = {AnEvent(30, 3, L"three"), AnEvent(20, 2, L"two"), AnEvent(10, 1, L"one")};
  const std::vector<LoggedEvent> events = ReadEvents(kReader, L"Application", L"*[x]", 2);
  CHECK(channel.query == L"*[x]");
  CHECK_EQUAL(events.size(), size_t{2});
  CHECK_EQUAL(events[0].time, ULONGLONG{30});
  CHECK_EQUAL(events[0].id, DWORD{3});
  CHECK_EQUAL(events[0].level, DWORD{2});
  CHECK(events[1].texts == std::vector<std::wstring>{L"two"});
  CHECK_EQUAL(channel.open, 0);
  CheckNoHandles();
}

TEST(event_may_have_many_texts_or_none) {
  channel = {};
  const wchar_t* texts[] = {L"a", nullptr};
  auto many = AnEvent(1, 1, nullptr);
  many[3] = Variant(EvtVarTypeString | EVT_VARIANT_TYPE_ARRAY);
  many[3].Count = 2;
  many[3].StringArr = const_cast<LPWSTR*>(texts);
  auto none = AnEvent(1, 1, nullptr);
  none[3] = Variant(EvtVarTypeNull);
  channel.events = {many, none};
  const std::vector<LoggedEvent> events = ReadEvents(kReader, L"Application", L"*", 10);
  CHECK(events.at(0).texts == (std::vector<std::wstring>{L"a", L""}));
  CHECK(events.at(1).texts.empty());
}

TEST(event_that_cannot_be_read_leaves_nothing_open) {
  channel = {};
  channel.events = {{Variant(EvtVarTypeNull)}};
  CHECK_EQUAL(
      CHECK_THROWS(static_cast<void>(ReadEvents(kReader, L"x", L"*", 1)), ERROR_INVALID_DATA),
      "EvtRender");
  CHECK_EQUAL(channel.open, 0);
  CheckNoHandles();
}
