// The proxies of Windows, scripted: settings, answers of a resolver, and the form without one.
#include "platform/win.h"

// After win.h: it needs windows.h as win.h includes it.
#include <cstddef>
#include <cstdlib>
#include <cwchar>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "proxy/proxy_settings.h"
#include "proxy/winhttp_api.h"
#include "support/harness.h"
#include <winhttp.h>

using schannel::HandleKind;
using schannel::kAutoProxyDetect;
using schannel::kAutoProxyInProcess;
using schannel::kAutoProxyScript;
using schannel::kWinHttpNoService;
using schannel::kWinHttpTimeout;
using schannel::LiveHandles;
using schannel::MachineProxySettings;
using schannel::ProxyAnswer;
using schannel::ProxyForUrl;
using schannel::ProxyQuery;
using schannel::UserProxySettings;
using schannel::WinHttpApi;
using schannel::WinHttpAsyncResult;
using schannel::WinHttpAutoProxyOptions;
using schannel::WinHttpCallback;
using schannel::WinHttpHandle;
using schannel::WinHttpProxyEntry;
using schannel::WinHttpProxyInfo;
using schannel::WinHttpProxyResult;
using schannel::WinHttpUserConfig;

// The structures are those of Windows.
static_assert(sizeof(WinHttpUserConfig) == sizeof(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG));
static_assert(sizeof(WinHttpProxyInfo) == sizeof(WINHTTP_PROXY_INFO));
static_assert(sizeof(WinHttpAutoProxyOptions) == sizeof(WINHTTP_AUTOPROXY_OPTIONS));
static_assert(offsetof(WinHttpAutoProxyOptions, signs_in) ==
              offsetof(WINHTTP_AUTOPROXY_OPTIONS, fAutoLogonIfChallenged));
static_assert(sizeof(WinHttpProxyEntry) == sizeof(WINHTTP_PROXY_RESULT_ENTRY));
static_assert(offsetof(WinHttpProxyEntry, port) == offsetof(WINHTTP_PROXY_RESULT_ENTRY, ProxyPort));
static_assert(sizeof(WinHttpProxyResult) == sizeof(WINHTTP_PROXY_RESULT));
static_assert(sizeof(WinHttpAsyncResult) == sizeof(WINHTTP_ASYNC_RESULT));
static_assert(schannel::kWinHttpNoProxy == WINHTTP_ACCESS_TYPE_NO_PROXY);
static_assert(schannel::kWinHttpAsync == WINHTTP_FLAG_ASYNC);
static_assert(kAutoProxyDetect == WINHTTP_AUTOPROXY_AUTO_DETECT);
static_assert(kAutoProxyScript == WINHTTP_AUTOPROXY_CONFIG_URL);
static_assert(kAutoProxyInProcess == WINHTTP_AUTOPROXY_RUN_INPROCESS);
static_assert(schannel::kDetectByDhcpAndDns ==
              (WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A));
static_assert(schannel::kStatusRequestError == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR);
static_assert(schannel::kStatusProxyFound == WINHTTP_CALLBACK_STATUS_GETPROXYFORURL_COMPLETE);
static_assert(kWinHttpTimeout == ERROR_WINHTTP_TIMEOUT);
static_assert(kWinHttpNoService == ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR);

namespace {

// What the resolver reports, and when.
enum class Report { kBeforeReturning, kNever, kUnknownContext, kTooShort };

// Functions in a table have no object: there is one script for all.
struct Script {
  std::map<std::string, DWORD> errors;
  std::vector<std::string> calls;
  // Settings.
  bool detects = false;
  std::wstring script, proxy, bypass;
  DWORD access_type = WINHTTP_ACCESS_TYPE_NAMED_PROXY;
  // An answer.
  Report report = Report::kBeforeReturning;
  DWORD reported = ERROR_SUCCESS;
  std::vector<WinHttpProxyEntry> entries;
  bool lies_about_entries = false;
  // What was asked.
  std::wstring url, asked_script;
  WinHttpAutoProxyOptions options = {};
  int timeout = 0;
  WinHttpCallback callback = nullptr;
  // What must be given back.
  std::set<void*> memory;
  std::set<WinHttpHandle> handles;
  uintptr_t next_handle = 16;
  size_t results = 0;
};
std::unique_ptr<Script> script;

DWORD Refusal(const char* name) {
  script->calls.emplace_back(name);
  const auto error = script->errors.find(name);
  return error == script->errors.end() ? static_cast<DWORD>(ERROR_SUCCESS) : error->second;
}

BOOL Answer(const char* name) {
  const DWORD error = Refusal(name);
  SetLastError(error);
  return error == ERROR_SUCCESS;
}

wchar_t* Text(const std::wstring& text) {
  if (text.empty()) return nullptr;
  auto* copy =
      static_cast<wchar_t*>(std::malloc((text.size() + 1) * sizeof(wchar_t)));  // NOLINT: as C does
  std::wmemcpy(copy, text.c_str(), text.size() + 1);
  script->memory.insert(copy);
  return copy;
}

HGLOBAL WINAPI FreeText(HGLOBAL memory) {
  CHECK_EQUAL(script->memory.erase(memory), 1u);
  std::free(memory);  // NOLINT: as C does
  return nullptr;
}

BOOL WINAPI UserConfig(WinHttpUserConfig* config) {
  if (!Answer("user")) return FALSE;
  *config = {script->detects ? TRUE : FALSE, Text(script->script), Text(script->proxy),
             Text(script->bypass)};
  return TRUE;
}

BOOL WINAPI MachineConfig(WinHttpProxyInfo* config) {
  if (!Answer("machine")) return FALSE;
  *config = {script->access_type, Text(script->proxy), Text(script->bypass)};
  return TRUE;
}

WinHttpHandle NewHandle() {
  auto* handle = reinterpret_cast<WinHttpHandle>(++script->next_handle);
  script->handles.insert(handle);
  return handle;
}

WinHttpHandle WINAPI Open(const wchar_t*, DWORD access_type, const wchar_t*, const wchar_t*,
                          DWORD flags) {
  CHECK_EQUAL(access_type, DWORD{WINHTTP_ACCESS_TYPE_NO_PROXY});
  if (!Answer(flags == 0 ? "open" : "open asynchronous")) return nullptr;
  return NewHandle();
}

BOOL WINAPI Close(WinHttpHandle handle) {
  CHECK_EQUAL(script->handles.erase(handle), 1u);
  return TRUE;
}

BOOL WINAPI SetTimeouts(WinHttpHandle, int resolve, int connect, int send, int receive) {
  CHECK(resolve == connect && connect == send && send == receive);
  script->timeout = resolve;
  return Answer("timeouts");
}

WinHttpCallback WINAPI SetCallback(WinHttpHandle handle, WinHttpCallback callback, DWORD,
                                   DWORD_PTR) {
  CHECK_EQUAL(script->handles.count(handle), 1u);
  script->callback = callback;
  return Answer("callback") ? nullptr : reinterpret_cast<WinHttpCallback>(~uintptr_t{0});
}

void Ask(const wchar_t* url, const WinHttpAutoProxyOptions& options) {
  script->url = url;
  script->options = options;
  if (options.script != nullptr) script->asked_script = options.script;
}

BOOL WINAPI ProxyFor(WinHttpHandle handle, const wchar_t* url, WinHttpAutoProxyOptions* options,
                     WinHttpProxyInfo* info) {
  CHECK_EQUAL(script->handles.count(handle), 1u);
  Ask(url, *options);
  if (!Answer("in process")) return FALSE;
  *info = {script->access_type, Text(script->proxy), Text(script->bypass)};
  return TRUE;
}

DWORD WINAPI CreateResolver(WinHttpHandle session, WinHttpHandle* resolver) {
  CHECK_EQUAL(script->handles.count(session), 1u);
  const DWORD error = Refusal("create");
  if (error == ERROR_SUCCESS) *resolver = NewHandle();
  return error;
}

DWORD WINAPI ResolveUrl(WinHttpHandle resolver, const wchar_t* url,
                        WinHttpAutoProxyOptions* options, DWORD_PTR context) {
  CHECK_EQUAL(script->handles.count(resolver), 1u);
  Ask(url, *options);
  const DWORD error = Refusal("resolve");
  if (error != ERROR_SUCCESS) return error;
  if (script->report == Report::kNever) return ERROR_IO_PENDING;
  WinHttpAsyncResult failure = {1, script->reported};
  const bool fails = script->reported != ERROR_SUCCESS;
  const DWORD_PTR told = script->report == Report::kUnknownContext ? context + 1 : context;
  const DWORD length = script->report == Report::kTooShort ? 1 : sizeof failure;
  // Others come too, and mean nothing here.
  script->callback(resolver, context, WINHTTP_CALLBACK_STATUS_HANDLE_CREATED, nullptr, 0);
  script->callback(resolver, told,
                   fails ? WINHTTP_CALLBACK_STATUS_REQUEST_ERROR
                         : WINHTTP_CALLBACK_STATUS_GETPROXYFORURL_COMPLETE,
                   fails ? &failure : nullptr, fails ? length : 0);
  return ERROR_IO_PENDING;
}

DWORD WINAPI ResultOf(WinHttpHandle resolver, WinHttpProxyResult* result) {
  CHECK_EQUAL(script->handles.count(resolver), 1u);
  const DWORD error = Refusal("result");
  if (error != ERROR_SUCCESS) return error;
  result->count = script->lies_about_entries ? 100'000 : static_cast<DWORD>(script->entries.size());
  result->entries = script->entries.empty() ? nullptr : script->entries.data();
  if (result->entries != nullptr) ++script->results;
  return ERROR_SUCCESS;
}

void WINAPI FreeResult(WinHttpProxyResult* result) {
  CHECK(result->entries == script->entries.data());
  --script->results;
}

WinHttpApi MakeApi() {
  WinHttpApi api;
  api.user_config = &UserConfig;
  api.machine_config = &MachineConfig;
  api.open = &Open;
  api.close = &Close;
  api.set_timeouts = &SetTimeouts;
  api.set_callback = &SetCallback;
  api.proxy_for_url = &ProxyFor;
  api.create_resolver = &CreateResolver;
  api.resolve = &ResolveUrl;
  api.result = &ResultOf;
  api.free_result = &FreeResult;
  api.free_text = &FreeText;
  return api;
}
const WinHttpApi kApi = MakeApi();

void Reset() { script = std::make_unique<Script>(); }

void CheckAllGivenBack() {
  CHECK(script->memory.empty());
  CHECK(script->handles.empty());
  CHECK_EQUAL(script->results, 0u);
  CHECK_EQUAL(LiveHandles(HandleKind::kProxyLookup).load(), 0);
}

ProxyQuery Query(std::optional<std::wstring> pac = L"http://pac.example/proxy.pac") {
  return {L"https://www.example/", std::move(pac), std::chrono::milliseconds(60'000)};
}

// An answer for which only the time counts.
ProxyQuery ShortQuery() {
  ProxyQuery query = Query();
  query.timeout = std::chrono::milliseconds(1);
  return query;
}

}  // namespace

TEST(SettingsOfTheUserAreCopied) {
  Reset();
  script->detects = true;
  script->script = L"http://pac.example/proxy.pac";
  script->proxy = L"proxy.example:3128";
  const auto settings = UserProxySettings(kApi);
  CHECK(settings.has_value() && settings->detects);
  CHECK(settings->script == L"http://pac.example/proxy.pac");
  CHECK(settings->proxy == L"proxy.example:3128");
  CHECK(!settings->bypass.has_value());
  CheckAllGivenBack();
}

TEST(AServiceHasNoSettingsOfAUser) {
  Reset();
  script->errors["user"] = ERROR_FILE_NOT_FOUND;
  CHECK(!UserProxySettings(kApi).has_value());
  script->errors["user"] = ERROR_NOT_ENOUGH_MEMORY;
  CHECK_THROWS(UserProxySettings(kApi), ERROR_NOT_ENOUGH_MEMORY);
}

TEST(SettingsOfTheMachineAreCopied) {
  Reset();
  script->proxy = L"http=a:80;https=b:80";
  script->bypass = L"<local>";
  auto settings = MachineProxySettings(kApi);
  CHECK(settings.proxy == L"http=a:80;https=b:80");
  CHECK(settings.bypass == L"<local>");
  script->access_type = WINHTTP_ACCESS_TYPE_NO_PROXY;
  settings = MachineProxySettings(kApi);
  CHECK(!settings.proxy.has_value() && !settings.bypass.has_value());
  script->errors["machine"] = ERROR_ACCESS_DENIED;
  CHECK_THROWS(MachineProxySettings(kApi), ERROR_ACCESS_DENIED);
  CheckAllGivenBack();
}

TEST(ATextWithoutEndIsRefused) {
  Reset();
  script->proxy = std::wstring(70'000, L'a');
  CHECK_THROWS(MachineProxySettings(kApi), ERROR_INVALID_DATA);
  CHECK_THROWS(UserProxySettings(kApi), ERROR_INVALID_DATA);
  CheckAllGivenBack();
}

TEST(AllEntriesOfAnAnswerAreCopied) {
  Reset();
  wchar_t a[] = L"a.example";
  script->entries = {
      {TRUE, FALSE, 1, a, 3128}, {FALSE, TRUE, 0, nullptr, 0}, {TRUE, TRUE, 1, a, 1}};
  const ProxyAnswer answer = ProxyForUrl(kApi, Query());
  CHECK(answer.entries.has_value() && !answer.list.has_value());
  CHECK_EQUAL(answer.entries->size(), 3u);
  CHECK((*answer.entries)[0].is_proxy && (*answer.entries)[0].host == L"a.example");
  CHECK_EQUAL((*answer.entries)[0].port, 3128);
  CHECK(!(*answer.entries)[1].is_proxy);
  CHECK(!(*answer.entries)[2].is_proxy);
  CHECK(script->url == L"https://www.example/");
  CHECK(script->asked_script == L"http://pac.example/proxy.pac");
  CHECK_EQUAL(script->options.flags, kAutoProxyScript);
  // Nobody's credentials are sent to where the script is.
  CHECK_EQUAL(script->options.signs_in, FALSE);
  CHECK_EQUAL(script->timeout, 60'000);
  CheckAllGivenBack();
}

TEST(WithoutAScriptOneIsLookedFor) {
  Reset();
  static_cast<void>(ProxyForUrl(kApi, Query(std::nullopt)));
  CHECK_EQUAL(script->options.flags, kAutoProxyDetect);
  CHECK_EQUAL(script->options.detect_flags, 3u);
  CHECK(script->options.script == nullptr);
  CheckAllGivenBack();
}

TEST(AnErrorOfTheResolverIsThrown) {
  Reset();
  script->reported = ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT;
  CHECK_THROWS(ProxyForUrl(kApi, Query()), ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT);
  script->report = Report::kTooShort;
  CHECK_THROWS(ProxyForUrl(kApi, Query()), ERROR_INVALID_DATA);
  script->reported = ERROR_SUCCESS;
  script->report = Report::kBeforeReturning;
  for (const char* name :
       {"open asynchronous", "timeouts", "callback", "create", "resolve", "result"}) {
    script->errors = {{name, ERROR_WINHTTP_INTERNAL_ERROR}};
    CHECK_THROWS(ProxyForUrl(kApi, Query()), ERROR_WINHTTP_INTERNAL_ERROR);
    CheckAllGivenBack();
  }
}

TEST(WhatIsNotAnsweredEndsByTheTime) {
  Reset();
  script->report = Report::kNever;
  CHECK_THROWS(ProxyForUrl(kApi, ShortQuery()), kWinHttpTimeout);
  script->report = Report::kUnknownContext;
  CHECK_THROWS(ProxyForUrl(kApi, ShortQuery()), kWinHttpTimeout);
  CheckAllGivenBack();
}

TEST(AnEntryWithoutHostAndALieAboutTheirNumberAreRefused) {
  Reset();
  script->entries = {{TRUE, FALSE, 1, nullptr, 3128}};
  CHECK_THROWS(ProxyForUrl(kApi, Query()), ERROR_INVALID_DATA);
  script->lies_about_entries = true;
  CHECK_THROWS(ProxyForUrl(kApi, Query()), ERROR_INVALID_DATA);
  CheckAllGivenBack();
}

TEST(WithoutTheServiceTheOlderFormIsUsed) {
  for (const char* name : {"create", "resolve", ""}) {
    Reset();
    if (*name != '\0') script->errors[name] = static_cast<DWORD>(kWinHttpNoService);
    if (*name == '\0') script->reported = static_cast<DWORD>(kWinHttpNoService);
    script->proxy = L"a.example:3128;b.example:81";
    const ProxyAnswer answer = ProxyForUrl(kApi, Query());
    CHECK(!answer.entries.has_value());
    CHECK(answer.list == L"a.example:3128;b.example:81");
    CHECK_EQUAL(script->options.flags, kAutoProxyScript | kAutoProxyInProcess);
    script->access_type = WINHTTP_ACCESS_TYPE_NO_PROXY;
    CHECK(!ProxyForUrl(kApi, Query()).list.has_value());
    script->errors["in process"] = ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT;
    CHECK_THROWS(ProxyForUrl(kApi, Query()), ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT);
    CheckAllGivenBack();
  }
}
