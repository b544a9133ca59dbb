// Services of this machine: made, asked, started, controlled and removed.
#pragma once

#include "platform/win.h"

#include <string>
#include <vector>

#include "service/service_api.h"

namespace schannel {

struct NewService {
  std::wstring name;
  std::wstring display_name;
  std::wstring description;
  // lpBinaryPathName: a command line.
  std::wstring command;
  // Empty for LocalSystem.
  std::wstring account;
  DWORD start_type = SERVICE_DEMAND_START;
  bool delayed = false;
  std::vector<std::wstring> dependencies;
  // The service is restarted after these times, in milliseconds, whether its process ends without
  // a word or it reports that it has stopped with an error.
  std::vector<DWORD> restart_delays;
  // Seconds without a failure after which the first of them applies again.
  DWORD failure_reset = 0;
  // Milliseconds that it gets when the machine shuts down.
  DWORD preshutdown_timeout = 0;
  // SERVICE_SID_TYPE_*; none is left as it is.
  DWORD sid_type = SERVICE_SID_TYPE_NONE;
};

struct ServiceFacts {
  SERVICE_STATUS_PROCESS status = {};
  DWORD start_type = 0;
  std::wstring command;
  std::wstring account;
  std::wstring display_name;
  std::vector<std::wstring> dependencies;
};

// All of them throw WindowsError.

// Makes a service that has a process for itself, or nothing.
void InstallService(const ServiceApi& api, const NewService& service);
[[nodiscard]] ServiceFacts FactsOfService(const ServiceApi& api, const std::wstring& name);
void LaunchService(const ServiceApi& api, const std::wstring& name);
// One of SERVICE_CONTROL_*, or a number from 128 to 255.
void SendControl(const ServiceApi& api, const std::wstring& name, DWORD control);
// Removed at once, or when it has stopped and nobody has it open.
void RemoveService(const ServiceApi& api, const std::wstring& name);

}  // namespace schannel
