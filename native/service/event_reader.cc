#include "service/event_reader.h"

#include <algorithm>
#include <array>

#include "handle/unique_handle.h"
#include "platform/bytes.h"
#include "platform/dynamic_function.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

struct EventHandle {
  EVT_HANDLE raw;
  const EventReaderApi* api;
};

struct EventHandleTraits {
  using Raw = EventHandle;
  static constexpr HandleKind kKind = HandleKind::kEventLog;
  static Raw Empty() noexcept { return {nullptr, nullptr}; }
  static bool Valid(const Raw& handle) noexcept { return handle.raw != nullptr; }
  static void Free(const Raw& handle) noexcept { handle.api->close(handle.raw); }
};
using UniqueEventHandle = UniqueHandle<EventHandleTraits>;

// In the order of the values that are rendered.
constexpr std::array<const wchar_t*, 4> kPaths = {L"Event/System/TimeCreated/@SystemTime",
                                                  L"Event/System/EventID", L"Event/System/Level",
                                                  L"Event/EventData/Data"};

ULONGLONG TimeOf(const EVT_VARIANT& value) {
  return value.Type == EvtVarTypeFileTime ? value.FileTimeVal : 0;
}

DWORD NumberOf(const EVT_VARIANT& value) {
  switch (value.Type) {
    case EvtVarTypeByte:
      return value.ByteVal;
    case EvtVarTypeUInt16:
      return value.UInt16Val;
    case EvtVarTypeUInt32:
      return value.UInt32Val;
    default:
      return 0;
  }
}

// One text is a text, and several are an array.
std::vector<std::wstring> TextsOf(const EVT_VARIANT& value) {
  if (value.Type == EvtVarTypeString && value.StringVal != nullptr) return {value.StringVal};
  if (value.Type != (EvtVarTypeString | EVT_VARIANT_TYPE_ARRAY)) return {};
  std::vector<std::wstring> texts;
  for (DWORD index = 0; index < value.Count; ++index) {
    const wchar_t* const text = value.StringArr[index];
    texts.emplace_back(text == nullptr ? L"" : text);
  }
  return texts;
}

LoggedEvent Render(const EventReaderApi& api, const UniqueEventHandle& context,
                   const UniqueEventHandle& event) {
  DWORD used = 0;
  DWORD count = 0;
  if (api.render(context.get().raw, event.get().raw, EvtRenderEventValues, 0, nullptr, &used,
                 &count) ||
      GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
    throw LastError("EvtRender");
  }
  std::vector<EVT_VARIANT> values(used / sizeof(EVT_VARIANT) + 1);
  if (!api.render(context.get().raw, event.get().raw, EvtRenderEventValues,
                  static_cast<DWORD>(values.size() * sizeof(EVT_VARIANT)), values.data(), &used,
                  &count)) {
    throw LastError("EvtRender");
  }
  if (count != kPaths.size()) throw WindowsError(ERROR_INVALID_DATA, "EvtRender");
  return {TimeOf(values[0]), NumberOf(values[1]), NumberOf(values[2]), TextsOf(values[3])};
}

template <typename Function>
Function Find(const char* name) {
  const auto function = FindFunction<Function>(L"wevtapi.dll", name);
  if (function == nullptr) throw WindowsError(ERROR_PROC_NOT_FOUND, "wevtapi.dll");
  return function;
}

EventReaderApi LoadReader() {
  if (LoadLibraryExW(L"wevtapi.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32) == nullptr) {
    throw LastError("LoadLibraryExW");
  }
  EventReaderApi api;
  api.query = Find<decltype(api.query)>("EvtQuery");
  api.next = Find<decltype(api.next)>("EvtNext");
  api.create_context = Find<decltype(api.create_context)>("EvtCreateRenderContext");
  api.render = Find<decltype(api.render)>("EvtRender");
  api.close = Find<decltype(api.close)>("EvtClose");
  return api;
}

}  // namespace

const EventReaderApi& WindowsEventReader() {
  static const EventReaderApi api = LoadReader();
  return api;
}

std::vector<LoggedEvent> ReadEvents(const EventReaderApi& api, const std::wstring& channel,
                                    const std::wstring& query, size_t most) {
  // Wine 10 has these functions, fails, and says no reason.
  SetLastError(ERROR_SUCCESS);
  const UniqueEventHandle results({api.query(nullptr, channel.c_str(), query.c_str(),
                                             EvtQueryChannelPath | EvtQueryReverseDirection),
                                   &api});
  if (!results) throw SilentFailure("EvtQuery");
  auto paths = kPaths;
  const UniqueEventHandle context(
      {api.create_context(static_cast<DWORD>(paths.size()), paths.data(), EvtRenderContextValues),
       &api});
  if (!context) throw SilentFailure("EvtCreateRenderContext");
  std::vector<LoggedEvent> events;
  while (events.size() < most) {
    EVT_HANDLE handle = nullptr;
    DWORD returned = 0;
    if (!api.next(results.get().raw, 1, &handle, INFINITE, 0, &returned)) {
      if (GetLastError() == ERROR_NO_MORE_ITEMS) break;
      throw LastError("EvtNext");
    }
    const UniqueEventHandle event({handle, &api});
    events.push_back(Render(api, context, event));
  }
  return events;
}

}  // namespace schannel
