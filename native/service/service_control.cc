#include "service/service_control.h"

#include <cwchar>

#include "handle/handles.h"
#include "platform/bytes.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

// A handle of the service manager, with the table that it is closed by.
struct ServiceHandle {
  SC_HANDLE raw;
  const ServiceApi* api;
};

struct ServiceTraits {
  using Raw = ServiceHandle;
  static constexpr HandleKind kKind = HandleKind::kService;
  static Raw Empty() noexcept { return {nullptr, nullptr}; }
  static bool Valid(const Raw& handle) noexcept { return handle.raw != nullptr; }
  static void Free(const Raw& handle) noexcept { handle.api->close(handle.raw); }
};
using UniqueService = UniqueHandle<ServiceTraits>;

UniqueService OpenManager(const ServiceApi& api, DWORD access) {
  UniqueService manager({api.open_manager(nullptr, nullptr, access), &api});
  if (!manager) throw LastError("OpenSCManagerW");
  return manager;
}

UniqueService Open(const ServiceApi& api, const std::wstring& name, DWORD access) {
  const UniqueService manager = OpenManager(api, SC_MANAGER_CONNECT);
  UniqueService service({api.open(manager.get().raw, name.c_str(), access), &api});
  if (!service) throw LastError("OpenServiceW");
  return service;
}

// A list of texts as Windows has it: each with a terminator, and one more at the end.
std::wstring MultiText(const std::vector<std::wstring>& texts) {
  std::wstring all;
  for (const std::wstring& text : texts) all.append(text.c_str()).push_back(L'\0');
  all.push_back(L'\0');
  return all;
}

std::vector<std::wstring> TextsOf(const wchar_t* all) {
  std::vector<std::wstring> texts;
  while (all != nullptr && *all != L'\0') {
    texts.emplace_back(all);
    all += texts.back().size() + 1;
  }
  return texts;
}

std::wstring TextOf(const wchar_t* text) { return text == nullptr ? L"" : text; }

class Configurator {
 public:
  Configurator(const ServiceApi& api, const UniqueService& service)
      : api_(api), service_(service) {}

  template <typename Info>
  void Set(DWORD level, Info info) {
    if (!api_.change_config2(service_.get().raw, level, &info)) {
      throw LastError("ChangeServiceConfig2W");
    }
  }

 private:
  const ServiceApi& api_;
  const UniqueService& service_;
};

void Configure(const ServiceApi& api, const UniqueService& handle, const NewService& service) {
  Configurator configurator(api, handle);
  std::wstring description = service.description;
  if (!description.empty()) {
    configurator.Set(SERVICE_CONFIG_DESCRIPTION, SERVICE_DESCRIPTIONW{description.data()});
  }
  if (service.delayed) {
    configurator.Set(SERVICE_CONFIG_DELAYED_AUTO_START_INFO, SERVICE_DELAYED_AUTO_START_INFO{TRUE});
  }
  if (!service.restart_delays.empty()) {
    std::vector<SC_ACTION> actions;
    actions.reserve(service.restart_delays.size());
    for (const DWORD delay : service.restart_delays) {
      actions.push_back({SC_ACTION_RESTART, delay});
    }
    SERVICE_FAILURE_ACTIONSW failure = {};
    failure.dwResetPeriod = service.failure_reset;
    failure.cActions = static_cast<DWORD>(actions.size());
    failure.lpsaActions = actions.data();
    configurator.Set(SERVICE_CONFIG_FAILURE_ACTIONS, failure);
    configurator.Set(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, SERVICE_FAILURE_ACTIONS_FLAG{TRUE});
  }
  if (service.preshutdown_timeout != 0) {
    configurator.Set(SERVICE_CONFIG_PRESHUTDOWN_INFO,
                     SERVICE_PRESHUTDOWN_INFO{service.preshutdown_timeout});
  }
  if (service.sid_type != SERVICE_SID_TYPE_NONE) {
    configurator.Set(SERVICE_CONFIG_SERVICE_SID_INFO, SERVICE_SID_INFO{service.sid_type});
  }
}

// The right that a control needs ("ControlService function").
DWORD AccessFor(DWORD control) {
  switch (control) {
    case SERVICE_CONTROL_STOP:
      return SERVICE_STOP;
    case SERVICE_CONTROL_INTERROGATE:
      return SERVICE_INTERROGATE;
    default:
      return control >= 128 ? SERVICE_USER_DEFINED_CONTROL : SERVICE_PAUSE_CONTINUE;
  }
}

}  // namespace

void InstallService(const ServiceApi& api, const NewService& service) {
  const UniqueService manager = OpenManager(api, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  const std::wstring dependencies = MultiText(service.dependencies);
  // To set actions that start a service needs the right to start it.
  const UniqueService created(
      {api.create(manager.get().raw, service.name.c_str(), service.display_name.c_str(),
                  SERVICE_CHANGE_CONFIG | SERVICE_START | DELETE, SERVICE_WIN32_OWN_PROCESS,
                  service.start_type, SERVICE_ERROR_NORMAL, service.command.c_str(), nullptr,
                  nullptr, service.dependencies.empty() ? nullptr : dependencies.c_str(),
                  service.account.empty() ? nullptr : service.account.c_str(), nullptr),
       &api});
  if (!created) throw LastError("CreateServiceW");
  try {
    Configure(api, created, service);
  } catch (...) {
    api.remove(created.get().raw);
    throw;
  }
}

ServiceFacts FactsOfService(const ServiceApi& api, const std::wstring& name) {
  const UniqueService service = Open(api, name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
  ServiceFacts facts;
  DWORD needed = 0;
  if (!api.query_status(service.get().raw, SC_STATUS_PROCESS_INFO,
                        reinterpret_cast<BYTE*>(&facts.status), sizeof(facts.status), &needed)) {
    throw LastError("QueryServiceStatusEx");
  }
  if (api.query_config(service.get().raw, nullptr, 0, &needed) ||
      GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
    throw LastError("QueryServiceConfigW");
  }
  // Another process may change the service between the two calls: then the second one fails.
  Bytes buffer(needed);
  auto* config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer.data());
  if (!api.query_config(service.get().raw, config, needed, &needed)) {
    throw LastError("QueryServiceConfigW");
  }
  facts.start_type = config->dwStartType;
  facts.command = TextOf(config->lpBinaryPathName);
  facts.account = TextOf(config->lpServiceStartName);
  facts.display_name = TextOf(config->lpDisplayName);
  facts.dependencies = TextsOf(config->lpDependencies);
  return facts;
}

void LaunchService(const ServiceApi& api, const std::wstring& name) {
  const UniqueService service = Open(api, name, SERVICE_START);
  if (!api.start(service.get().raw, 0, nullptr)) throw LastError("StartServiceW");
}

void SendControl(const ServiceApi& api, const std::wstring& name, DWORD control) {
  const UniqueService service = Open(api, name, AccessFor(control));
  SERVICE_STATUS status = {};
  if (!api.control(service.get().raw, control, &status)) throw LastError("ControlService");
}

void RemoveService(const ServiceApi& api, const std::wstring& name) {
  const UniqueService service = Open(api, name, DELETE);
  if (!api.remove(service.get().raw)) throw LastError("DeleteService");
}

}  // namespace schannel
