// The event log of Windows: what was written into it.
#pragma once

#include "platform/win.h"

#include <string>
#include <vector>

namespace schannel {

// Found at run time: programs that read no events need no wevtapi.dll.
struct EventReaderApi {
  decltype(&EvtQuery) query = nullptr;
  decltype(&EvtNext) next = nullptr;
  decltype(&EvtCreateRenderContext) create_context = nullptr;
  decltype(&EvtRender) render = nullptr;
  decltype(&EvtClose) close = nullptr;
};

// Throws WindowsError: ERROR_PROC_NOT_FOUND.
[[nodiscard]] const EventReaderApi& WindowsEventReader();

struct LoggedEvent {
  // In 100 ns since 1601 (FILETIME).
  ULONGLONG time = 0;
  DWORD id = 0;
  // 1 critical, 2 error, 3 warning, 4 information; 0 is not said.
  DWORD level = 0;
  // What takes the places of %1, %2 … in the message.
  std::vector<std::wstring> texts;
};

// The newest events of a channel ("Application") that an XPath query selects, newest first, and no
// more than `most`. Throws WindowsError.
[[nodiscard]] std::vector<LoggedEvent> ReadEvents(const EventReaderApi& api,
                                                  const std::wstring& channel,
                                                  const std::wstring& query, size_t most);

}  // namespace schannel
