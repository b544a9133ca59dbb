// The functions of httpapi.dll that configure http.sys, as a table: Windows' own, or a test's that
// scripts them. The headers of mingw-w64 know neither host names nor central stores, so the
// structures are written down here ("HTTP_SERVICE_CONFIG_SSL_PARAM structure" and its neighbours).
#pragma once

#include "platform/win.h"

namespace schannel {

// HTTPAPI_VERSION.
struct HttpVersion {
  USHORT major;
  USHORT minor;
};

// HTTP_SERVICE_CONFIG_ID.
inline constexpr int kHttpAddress = 1;
inline constexpr int kHttpHost = 5;
inline constexpr int kHttpCentral = 6;
inline constexpr int kHttpAddressEx = 8;
inline constexpr int kHttpHostEx = 9;
inline constexpr int kHttpCentralEx = 10;
inline constexpr int kHttpScopedCentral = 11;
inline constexpr int kHttpScopedCentralEx = 12;

// HTTP_INITIALIZE_CONFIG.
inline constexpr ULONG kHttpInitializeConfig = 2;

// HTTP_SERVICE_CONFIG_QUERY_TYPE.
inline constexpr int kHttpQueryExact = 0;
inline constexpr int kHttpQueryNext = 1;

// HTTP_SERVICE_CONFIG_SSL_KEY: points to a SOCKADDR.
struct HttpAddressKey {
  void* address;
};

// SOCKADDR_STORAGE.
struct HttpStorage {
  alignas(8) unsigned char bytes[128];
};

// HTTP_SERVICE_CONFIG_SSL_SNI_KEY.
struct HttpHostKey {
  HttpStorage address;
  wchar_t* host;
};

// HTTP_SERVICE_CONFIG_SSL_CCS_KEY.
struct HttpCentralKey {
  HttpStorage address;
};

// HTTP_SERVICE_CONFIG_SSL_PARAM.
struct HttpSslParam {
  ULONG hash_size;
  void* hash;
  GUID app_id;
  wchar_t* store;
  DWORD check_mode;
  DWORD freshness_time;
  DWORD retrieval_timeout;
  wchar_t* ctl_identifier;
  wchar_t* ctl_store;
  DWORD flags;
};

// HTTP_SERVICE_CONFIG_SSL_SET, …_SNI_SET, …_CCS_SET.
template <typename Key>
struct HttpSslSet {
  Key key;
  HttpSslParam param;
};

// HTTP_SERVICE_CONFIG_SSL_QUERY, …_SNI_QUERY, …_CCS_QUERY.
template <typename Key>
struct HttpSslQuery {
  int type;
  Key key;
  DWORD token;
};

// HTTP_SERVICE_CONFIG_SSL_QUERY_EX, …_SNI_QUERY_EX, …_CCS_QUERY_EX. The first has an address in it,
// and not a pointer to one (HTTP_SERVICE_CONFIG_SSL_KEY_EX): it is an HttpCentralKey.
template <typename Key>
struct HttpSslQueryEx {
  int type;
  Key key;
  DWORD token;
  int parameter;
};

// HTTP_SSL_SERVICE_CONFIG_EX_PARAM_TYPE has this many kinds: windows and limits of HTTP/2,
// performance, restrictions of TLS, headers of errors, keys of session tickets, and a configuration
// of certificates, which only newer builds know.
inline constexpr DWORD kHttpExtendedParameters = 7;

// Found at run time: programs that configure no bindings need no httpapi.dll.
struct HttpApi {
  ULONG(WINAPI* initialize)(HttpVersion version, ULONG flags, void* reserved) = nullptr;
  ULONG(WINAPI* terminate)(ULONG flags, void* reserved) = nullptr;
  ULONG(WINAPI* query)
  (HANDLE service, int id, void* input, ULONG input_size, void* output, ULONG output_size,
   ULONG* returned, OVERLAPPED* overlapped) = nullptr;
  ULONG(WINAPI* set)
  (HANDLE service, int id, void* config, ULONG size, OVERLAPPED* overlapped) = nullptr;
  ULONG(WINAPI* remove)
  (HANDLE service, int id, void* config, ULONG size, OVERLAPPED* overlapped) = nullptr;
  // Null before Windows 10 1703, and in Wine 10.
  ULONG(WINAPI* update)
  (HANDLE service, int id, void* config, ULONG size, OVERLAPPED* overlapped) = nullptr;
};

// Throws WindowsError: ERROR_PROC_NOT_FOUND.
[[nodiscard]] const HttpApi& WindowsHttpApi();

}  // namespace schannel
