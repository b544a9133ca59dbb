// The records by which http.sys chooses certificates: one for an address and port, a host name and
// port, or a port whose certificates are files of a central store.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>
#include <vector>

#include "http/http_api.h"
#include "platform/bytes.h"

namespace schannel {

struct SslRecordKey {
  // kHttpAddress, kHttpHost, kHttpCentral or kHttpScopedCentral.
  int kind = kHttpAddress;
  // A SOCKADDR_IN or SOCKADDR_IN6.
  Bytes address;
  // Of kHttpHost and kHttpScopedCentral.
  std::wstring host;
};

struct SslRecord {
  SslRecordKey key;
  // Empty for central stores.
  Bytes hash;
  // The 16 bytes of a GUID.
  Bytes app_id;
  std::optional<std::wstring> store;
  DWORD check_mode = 0;
  DWORD freshness_time = 0;
  DWORD retrieval_timeout = 0;
  std::optional<std::wstring> ctl_identifier;
  std::optional<std::wstring> ctl_store;
  DWORD flags = 0;
};

// All of them throw WindowsError: E_INVALIDARG for a key or a record that is none, and
// ERROR_INVALID_DATA for an answer that is none.

[[nodiscard]] std::vector<SslRecord> ListSslRecords(const HttpApi& api, int kind);
// Nothing if there is no record of this key.
[[nodiscard]] std::optional<SslRecord> FindSslRecord(const HttpApi& api, const SslRecordKey& key);
// Which kinds of extended parameters (HTTP_SSL_SERVICE_CONFIG_EX_PARAM_TYPE) a record has. None
// where Windows does not know them.
[[nodiscard]] std::vector<DWORD> ExtendedSslParameters(const HttpApi& api, const SslRecordKey& key);
void SetSslRecord(const HttpApi& api, const SslRecord& record);
// ERROR_PROC_NOT_FOUND where Windows has no such function.
void UpdateSslRecord(const HttpApi& api, const SslRecord& record);
void RemoveSslRecord(const HttpApi& api, const SslRecordKey& key);

}  // namespace schannel
