#include "proxy/proxy_settings.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "handle/unique_handle.h"
#include "platform/lock.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

struct ApiHandle {
  WinHttpHandle handle;
  const WinHttpApi* api;
};

struct WinHttpHandleTraits {
  using Raw = ApiHandle;
  static constexpr HandleKind kKind = HandleKind::kProxyLookup;
  static Raw Empty() noexcept { return {nullptr, nullptr}; }
  static bool Valid(const Raw& raw) noexcept { return raw.handle != nullptr; }
  static void Free(Raw& raw) noexcept { raw.api->close(raw.handle); }
};
using UniqueWinHttpHandle = UniqueHandle<WinHttpHandleTraits>;

// Longer ones are no lists of proxies.
constexpr size_t kLongestText = 64 * 1024;
constexpr DWORD kMostEntries = 256;

// A text that Windows allocated; it is given back when this is left.
class OwnedText {
 public:
  OwnedText(const WinHttpApi& api, wchar_t* text) noexcept : api_(api), text_(text) {}
  OwnedText(const OwnedText&) = delete;
  OwnedText& operator=(const OwnedText&) = delete;
  ~OwnedText() {
    if (text_ != nullptr) api_.free_text(text_);
  }

  // Empty ones count as absent.
  [[nodiscard]] std::optional<std::wstring> Copy() const {
    if (text_ == nullptr || *text_ == L'\0') return std::nullopt;
    std::wstring copy(text_);
    if (copy.size() > kLongestText) throw WindowsError(ERROR_INVALID_DATA, "winhttp.dll");
    return copy;
  }

 private:
  const WinHttpApi& api_;
  wchar_t* text_;
};

UniqueWinHttpHandle OpenSession(const WinHttpApi& api, DWORD flags,
                                std::chrono::milliseconds timeout) {
  UniqueWinHttpHandle session(
      ApiHandle{api.open(L"schannel", kWinHttpNoProxy, nullptr, nullptr, flags), &api});
  if (!session) throw LastError("WinHttpOpen");
  const int milliseconds = static_cast<int>(timeout.count());
  if (!api.set_timeouts(session.get().handle, milliseconds, milliseconds, milliseconds,
                        milliseconds)) {
    throw LastError("WinHttpSetTimeouts");
  }
  return session;
}

WinHttpAutoProxyOptions OptionsOf(const ProxyQuery& query) {
  WinHttpAutoProxyOptions options = {};
  if (query.script) {
    options.flags = kAutoProxyScript;
    options.script = query.script->c_str();
  } else {
    options.flags = kAutoProxyDetect;
    options.detect_flags = kDetectByDhcpAndDns;
  }
  return options;
}

// An answer that is waited for. Windows is told a number, not an address: no page says that a call
// which was given up, or a handle that was closed, is not reported late.
class Awaited {
 public:
  Awaited() {
    const std::lock_guard<Lock> guard(lock);
    id_ = ++last_id;
    waiting[id_] = this;
  }
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;
  ~Awaited() {
    const std::lock_guard<Lock> guard(lock);
    waiting.erase(id_);
  }

  [[nodiscard]] DWORD_PTR id() const noexcept { return id_; }

  // The error, 0 for none; ERROR_WINHTTP_TIMEOUT when the time is over first.
  [[nodiscard]] DWORD Wait(std::chrono::milliseconds time) {
    const std::lock_guard<Lock> guard(lock);
    const bool answered = changed_.WaitFor(lock, time, [this] { return error_.has_value(); });
    return answered ? *error_ : static_cast<DWORD>(kWinHttpTimeout);
  }

  static void CALLBACK OnStatus(WinHttpHandle, DWORD_PTR context, DWORD status, void* information,
                                DWORD length) {
    if (status != kStatusProxyFound && status != kStatusRequestError) return;
    DWORD error = ERROR_SUCCESS;
    if (status == kStatusRequestError) {
      const bool complete = information != nullptr && length >= sizeof(WinHttpAsyncResult);
      error = complete ? static_cast<const WinHttpAsyncResult*>(information)->error
                       : static_cast<DWORD>(ERROR_INVALID_DATA);
      if (error == ERROR_SUCCESS) error = ERROR_INVALID_DATA;
    }
    const std::lock_guard<Lock> guard(lock);
    const auto found = waiting.find(context);
    if (found == waiting.end()) return;
    found->second->error_ = error;
    found->second->changed_.NotifyOne();
  }

 private:
  inline static Lock lock;
  inline static std::map<DWORD_PTR, Awaited*> waiting;
  inline static DWORD_PTR last_id = 0;

  DWORD_PTR id_ = 0;
  std::optional<DWORD> error_;
  Condition changed_;
};

class OwnedResult {
 public:
  explicit OwnedResult(const WinHttpApi& api) noexcept : api_(api) {}
  OwnedResult(const OwnedResult&) = delete;
  OwnedResult& operator=(const OwnedResult&) = delete;
  ~OwnedResult() {
    if (raw.entries != nullptr) api_.free_result(&raw);
  }

  [[nodiscard]] std::vector<ProxyEntry> Copy() const {
    if (raw.count > kMostEntries || (raw.count > 0 && raw.entries == nullptr)) {
      throw WindowsError(ERROR_INVALID_DATA, "WinHttpGetProxyResult");
    }
    std::vector<ProxyEntry> entries;
    for (DWORD at = 0; at < raw.count; ++at) {
      const WinHttpProxyEntry& entry = raw.entries[at];
      ProxyEntry copy;
      copy.is_proxy = entry.is_proxy != FALSE && entry.bypasses == FALSE;
      if (copy.is_proxy) {
        if (entry.host == nullptr) throw WindowsError(ERROR_INVALID_DATA, "WinHttpGetProxyResult");
        copy.scheme = entry.scheme;
        copy.host = entry.host;
        copy.port = entry.port;
      }
      entries.push_back(std::move(copy));
    }
    return entries;
  }

  WinHttpProxyResult raw = {};

 private:
  const WinHttpApi& api_;
};

// With all entries of the answer, and with a limit of time. Nothing if there is no service that
// answers.
std::optional<ProxyAnswer> Resolve(const WinHttpApi& api, const ProxyQuery& query) {
  const UniqueWinHttpHandle session = OpenSession(api, kWinHttpAsync, query.timeout);
  WinHttpHandle raw = nullptr;
  DWORD error = api.create_resolver(session.get().handle, &raw);
  if (error == static_cast<DWORD>(kWinHttpNoService)) return std::nullopt;
  if (error != ERROR_SUCCESS) {
    throw WindowsError(static_cast<LONG>(error), "WinHttpCreateProxyResolver");
  }
  UniqueWinHttpHandle resolver(ApiHandle{raw, &api});
  const auto refused =
      reinterpret_cast<WinHttpCallback>(~static_cast<uintptr_t>(0));  // …_INVALID_STATUS_CALLBACK
  if (api.set_callback(raw, &Awaited::OnStatus, kStatusProxyFound | kStatusRequestError, 0) ==
      refused) {
    throw LastError("WinHttpSetStatusCallback");
  }
  constexpr const char* kResolve = "WinHttpGetProxyForUrlEx";
  Awaited awaited;
  WinHttpAutoProxyOptions options = OptionsOf(query);
  error = api.resolve(raw, query.url.c_str(), &options, awaited.id());
  if (error == ERROR_IO_PENDING) error = awaited.Wait(query.timeout);
  if (error == static_cast<DWORD>(kWinHttpNoService)) return std::nullopt;
  if (error != ERROR_SUCCESS) throw WindowsError(static_cast<LONG>(error), kResolve);
  OwnedResult result(api);
  error = api.result(raw, &result.raw);
  if (error != ERROR_SUCCESS) {
    throw WindowsError(static_cast<LONG>(error), "WinHttpGetProxyResult");
  }
  ProxyAnswer answer;
  answer.entries = result.Copy();
  return answer;
}

// In this process, where the service is off or unknown (Wine 10): proxies up to the first DIRECT,
// and each step of the download has its own limit of time.
ProxyAnswer ResolveInProcess(const WinHttpApi& api, const ProxyQuery& query) {
  const UniqueWinHttpHandle session = OpenSession(api, 0, query.timeout);
  WinHttpAutoProxyOptions options = OptionsOf(query);
  options.flags |= kAutoProxyInProcess;
  WinHttpProxyInfo info = {};
  if (!api.proxy_for_url(session.get().handle, query.url.c_str(), &options, &info)) {
    throw LastError("WinHttpGetProxyForUrl");
  }
  const OwnedText proxy(api, info.proxy);
  const OwnedText bypass(api, info.bypass);
  ProxyAnswer answer;
  if (info.access_type != kWinHttpNoProxy) answer.list = proxy.Copy();
  return answer;
}

}  // namespace

std::optional<ProxySettings> UserProxySettings(const WinHttpApi& api) {
  WinHttpUserConfig config = {};
  if (!api.user_config(&config)) {
    // "No Internet Explorer proxy settings can be found".
    if (GetLastError() == ERROR_FILE_NOT_FOUND) return std::nullopt;
    throw LastError("WinHttpGetIEProxyConfigForCurrentUser");
  }
  const OwnedText script(api, config.script);
  const OwnedText proxy(api, config.proxy);
  const OwnedText bypass(api, config.bypass);
  return ProxySettings{config.detects != FALSE, script.Copy(), proxy.Copy(), bypass.Copy()};
}

ProxySettings MachineProxySettings(const WinHttpApi& api) {
  WinHttpProxyInfo info = {};
  if (!api.machine_config(&info)) throw LastError("WinHttpGetDefaultProxyConfiguration");
  const OwnedText proxy(api, info.proxy);
  const OwnedText bypass(api, info.bypass);
  ProxySettings settings;
  if (info.access_type == kWinHttpNoProxy) return settings;
  settings.proxy = proxy.Copy();
  settings.bypass = bypass.Copy();
  return settings;
}

ProxyAnswer ProxyForUrl(const WinHttpApi& api, const ProxyQuery& query) {
  if (std::optional<ProxyAnswer> answer = Resolve(api, query)) return *std::move(answer);
  return ResolveInProcess(api, query);
}

}  // namespace schannel
