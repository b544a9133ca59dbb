// The event log of Windows: what a program writes into it.
#pragma once

#include "platform/win.h"

#include <string>

namespace schannel {

struct EventLogApi {
  decltype(&RegisterEventSourceW) open = RegisterEventSourceW;
  decltype(&ReportEventW) report = ReportEventW;
  decltype(&DeregisterEventSource) close = DeregisterEventSource;
};

// Not constexpr: the address of an imported function is known at load time only.
inline const EventLogApi kSystemEventLogApi = {};

struct NewEvent {
  std::wstring source;
  // EVENTLOG_*_TYPE.
  WORD type = EVENTLOG_INFORMATION_TYPE;
  DWORD id = 0;
  // What takes the place of %1 in the message of the id.
  std::wstring text;
};

// Throws WindowsError.
void LogEvent(const EventLogApi& api, const NewEvent& event);

}  // namespace schannel
