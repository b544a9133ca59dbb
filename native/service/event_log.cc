#include "service/event_log.h"

#include "handle/unique_handle.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

struct EventSource {
  HANDLE raw;
  const EventLogApi* api;
};

struct EventSourceTraits {
  using Raw = EventSource;
  static constexpr HandleKind kKind = HandleKind::kEventLog;
  static Raw Empty() noexcept { return {nullptr, nullptr}; }
  static bool Valid(const Raw& source) noexcept { return source.raw != nullptr; }
  static void Free(const Raw& source) noexcept { source.api->close(source.raw); }
};

}  // namespace

void LogEvent(const EventLogApi& api, const NewEvent& event) {
  const UniqueHandle<EventSourceTraits> source({api.open(nullptr, event.source.c_str()), &api});
  if (!source) throw LastError("RegisterEventSourceW");
  const wchar_t* texts[] = {event.text.c_str()};
  if (!api.report(source.get().raw, event.type, 0, event.id, nullptr, 1, 0, texts, nullptr)) {
    throw LastError("ReportEventW");
  }
}

}  // namespace schannel
