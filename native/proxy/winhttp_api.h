// The functions of winhttp.dll that know the proxies of Windows, as a table: Windows' own, or a
// test's that scripts them. Structures are written down here, so that winhttp.h is needed nowhere
// ("WinHTTP Structures" of the Windows documentation; test/native/proxy_test.cc compares them).
#pragma once

#include "platform/win.h"

namespace schannel {

using WinHttpHandle = void*;

// WINHTTP_CURRENT_USER_IE_PROXY_CONFIG. Texts are given back with GlobalFree.
struct WinHttpUserConfig {
  BOOL detects;
  wchar_t* script;
  wchar_t* proxy;
  wchar_t* bypass;
};

// WINHTTP_PROXY_INFO. Texts are given back with GlobalFree.
struct WinHttpProxyInfo {
  DWORD access_type;
  wchar_t* proxy;
  wchar_t* bypass;
};

// WINHTTP_AUTOPROXY_OPTIONS.
struct WinHttpAutoProxyOptions {
  DWORD flags;
  DWORD detect_flags;
  const wchar_t* script;
  void* reserved;
  DWORD reserved_too;
  BOOL signs_in;
};

// WINHTTP_PROXY_RESULT_ENTRY.
struct WinHttpProxyEntry {
  BOOL is_proxy;
  BOOL bypasses;
  int scheme;
  wchar_t* host;
  WORD port;
};

// WINHTTP_PROXY_RESULT.
struct WinHttpProxyResult {
  DWORD count;
  WinHttpProxyEntry* entries;
};

// WINHTTP_ASYNC_RESULT.
struct WinHttpAsyncResult {
  DWORD_PTR function;
  DWORD error;
};

inline constexpr DWORD kWinHttpNoProxy = 1;               // WINHTTP_ACCESS_TYPE_NO_PROXY
inline constexpr DWORD kWinHttpAsync = 0x10000000;        // WINHTTP_FLAG_ASYNC
inline constexpr DWORD kAutoProxyDetect = 0x1;            // WINHTTP_AUTOPROXY_AUTO_DETECT
inline constexpr DWORD kAutoProxyScript = 0x2;            // WINHTTP_AUTOPROXY_CONFIG_URL
inline constexpr DWORD kAutoProxyInProcess = 0x10000;     // WINHTTP_AUTOPROXY_RUN_INPROCESS
inline constexpr DWORD kDetectByDhcpAndDns = 0x1 | 0x2;   // WINHTTP_AUTO_DETECT_TYPE_*
inline constexpr DWORD kStatusRequestError = 0x00200000;  // WINHTTP_CALLBACK_STATUS_REQUEST_ERROR
inline constexpr DWORD kStatusProxyFound = 0x01000000;    // …_GETPROXYFORURL_COMPLETE
inline constexpr LONG kWinHttpTimeout = 12002;            // ERROR_WINHTTP_TIMEOUT
inline constexpr LONG kWinHttpNoService = 12178;          // ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR

using WinHttpCallback = void(CALLBACK*)(WinHttpHandle handle, DWORD_PTR context, DWORD status,
                                        void* information, DWORD length);

// Found at run time: programs that ask for no proxy need no winhttp.dll.
struct WinHttpApi {
  BOOL(WINAPI* user_config)(WinHttpUserConfig* config) = nullptr;
  BOOL(WINAPI* machine_config)(WinHttpProxyInfo* config) = nullptr;
  WinHttpHandle(WINAPI* open)(const wchar_t* agent, DWORD access_type, const wchar_t* proxy,
                              const wchar_t* bypass, DWORD flags) = nullptr;
  BOOL(WINAPI* close)(WinHttpHandle handle) = nullptr;
  BOOL(WINAPI* set_timeouts)
  (WinHttpHandle handle, int resolve, int connect, int send, int receive) = nullptr;
  WinHttpCallback(WINAPI* set_callback)(WinHttpHandle handle, WinHttpCallback callback, DWORD flags,
                                        DWORD_PTR reserved) = nullptr;
  BOOL(WINAPI* proxy_for_url)
  (WinHttpHandle session, const wchar_t* url, WinHttpAutoProxyOptions* options,
   WinHttpProxyInfo* info) = nullptr;
  // Windows 8.
  DWORD(WINAPI* create_resolver)(WinHttpHandle session, WinHttpHandle* resolver) = nullptr;
  DWORD(WINAPI* resolve)
  (WinHttpHandle resolver, const wchar_t* url, WinHttpAutoProxyOptions* options,
   DWORD_PTR context) = nullptr;
  DWORD(WINAPI* result)(WinHttpHandle resolver, WinHttpProxyResult* result) = nullptr;
  void(WINAPI* free_result)(WinHttpProxyResult* result) = nullptr;
  HGLOBAL(WINAPI* free_text)(HGLOBAL memory) = nullptr;
};

// Throws WindowsError: ERROR_PROC_NOT_FOUND.
[[nodiscard]] const WinHttpApi& WindowsWinHttpApi();

}  // namespace schannel
