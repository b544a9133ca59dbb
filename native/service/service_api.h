// The functions that services are run and managed by, as tables: Windows' own, or a test's that
// scripts them.
#pragma once

#include "platform/win.h"

namespace schannel {

// What a process needs to be a service.
struct ServiceHostApi {
  decltype(&StartServiceCtrlDispatcherW) dispatch = StartServiceCtrlDispatcherW;
  decltype(&RegisterServiceCtrlHandlerExW) register_handler = RegisterServiceCtrlHandlerExW;
  decltype(&SetServiceStatus) set_status = SetServiceStatus;
};

// What changes and watches services.
struct ServiceApi {
  decltype(&OpenSCManagerW) open_manager = OpenSCManagerW;
  decltype(&OpenServiceW) open = OpenServiceW;
  decltype(&CloseServiceHandle) close = CloseServiceHandle;
  decltype(&CreateServiceW) create = CreateServiceW;
  decltype(&ChangeServiceConfig2W) change_config2 = ChangeServiceConfig2W;
  decltype(&QueryServiceStatusEx) query_status = QueryServiceStatusEx;
  decltype(&QueryServiceConfigW) query_config = QueryServiceConfigW;
  decltype(&StartServiceW) start = StartServiceW;
  decltype(&ControlService) control = ControlService;
  decltype(&DeleteService) remove = DeleteService;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const ServiceHostApi kSystemServiceHostApi = {};
inline const ServiceApi kSystemServiceApi = {};

}  // namespace schannel
