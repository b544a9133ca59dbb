// What Windows says about proxies: the settings of the user and of the machine, and what a script
// or the network answers for a URL. Nothing is decided here.
#pragma once

#include "platform/win.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "proxy/winhttp_api.h"

namespace schannel {

// Settings as a person sees them. Texts that are not set are absent.
struct ProxySettings {
  bool detects = false;
  std::optional<std::wstring> script;
  std::optional<std::wstring> proxy;
  std::optional<std::wstring> bypass;
};

struct ProxyEntry {
  bool is_proxy = false;  // or a direct connection
  int scheme = 0;         // INTERNET_SCHEME: 1 HTTP, 2 HTTPS, 4 SOCKS
  std::wstring host;
  WORD port = 0;
};

// Entries in their order or, in the older form, a list in one text.
struct ProxyAnswer {
  std::optional<std::vector<ProxyEntry>> entries;
  std::optional<std::wstring> list;  // absent with absent entries: a direct connection
};

struct ProxyQuery {
  std::wstring url;
  std::optional<std::wstring> script;  // its URL; absent: found by DHCP and DNS (WPAD)
  std::chrono::milliseconds timeout{0};
};

// Of the user of this thread; nothing where there are none (a service). Throws WindowsError.
[[nodiscard]] std::optional<ProxySettings> UserProxySettings(const WinHttpApi& api);

// Of the machine ("netsh winhttp"), which services have. Throws WindowsError.
[[nodiscard]] ProxySettings MachineProxySettings(const WinHttpApi& api);

// Blocks: a script is fetched and run. No credentials of the user are sent for the script. Throws
// WindowsError: ERROR_WINHTTP_*.
[[nodiscard]] ProxyAnswer ProxyForUrl(const WinHttpApi& api, const ProxyQuery& query);

}  // namespace schannel
