#include "http/ssl_records.h"

#include <algorithm>
#include <cstring>

#include "handle/unique_handle.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

// HttpInitialize has been called, and HttpTerminate is due.
struct ConfigurationTraits {
  using Raw = const HttpApi*;
  static constexpr HandleKind kKind = HandleKind::kHttpConfiguration;
  static Raw Empty() noexcept { return nullptr; }
  static bool Valid(Raw api) noexcept { return api != nullptr; }
  static void Free(Raw api) noexcept { api->terminate(kHttpInitializeConfig, nullptr); }
};
using UniqueConfiguration = UniqueHandle<ConfigurationTraits>;

UniqueConfiguration Open(const HttpApi& api) {
  const ULONG status = api.initialize({2, 0}, kHttpInitializeConfig, nullptr);
  if (status != ERROR_SUCCESS) {
    throw WindowsError(static_cast<LONG>(status), "HttpInitialize");
  }
  return UniqueConfiguration(&api);
}

void Check(ULONG status, const char* syscall) {
  if (status != ERROR_SUCCESS) throw WindowsError(static_cast<LONG>(status), syscall);
}

constexpr const char* kQuery = "HttpQueryServiceConfiguration";

[[noreturn]] void ThrowBadAnswer() { throw WindowsError(ERROR_INVALID_DATA, kQuery); }
[[noreturn]] void ThrowBadRequest() { throw WindowsError(E_INVALIDARG, "record of http.sys"); }

// AF_INET and AF_INET6 with the sizes of their addresses; 0 for others.
size_t AddressSize(ByteView address) {
  if (address.size < sizeof(USHORT)) return 0;
  USHORT family = 0;
  std::memcpy(&family, address.data, sizeof(family));
  constexpr USHORT kIpv4 = 2;
  constexpr USHORT kIpv6 = 23;
  return family == kIpv4 ? 16 : family == kIpv6 ? 28 : 0;
}

// `address` may be followed by other bytes.
Bytes ReadAddress(ByteView address) {
  const size_t size = AddressSize(address);
  if (size == 0 || size > address.size) ThrowBadAnswer();
  return ByteView(address.data, size).Copy();
}

// Bytes that `pointer` says are in the answer.
ByteView Within(ByteView answer, const void* pointer, size_t size) {
  const ByteView bytes(static_cast<const uint8_t*>(pointer), size);
  if (!Contains(answer, bytes)) ThrowBadAnswer();
  return bytes;
}

// From `pointer` to the end of the answer.
ByteView From(ByteView answer, const void* pointer) {
  Within(answer, pointer, 0);
  const auto* begin = static_cast<const uint8_t*>(pointer);
  return {begin, answer.size - static_cast<size_t>(begin - answer.data)};
}

std::optional<std::wstring> ReadText(ByteView answer, const wchar_t* pointer) {
  if (pointer == nullptr) return std::nullopt;
  const ByteView rest = From(answer, pointer);
  std::wstring text;
  for (size_t at = 0; at + sizeof(wchar_t) <= rest.size; at += sizeof(wchar_t)) {
    wchar_t character = L'\0';
    std::memcpy(&character, rest.data + at, sizeof(character));
    if (character == L'\0') return text;
    text.push_back(character);
  }
  ThrowBadAnswer();
}

// What differs between the three forms of keys.
void ReadKey(ByteView answer, const HttpAddressKey& raw, SslRecordKey& key) {
  if (raw.address == nullptr) ThrowBadAnswer();
  key.address = ReadAddress(From(answer, raw.address));
}

void ReadKey(ByteView answer, const HttpHostKey& raw, SslRecordKey& key) {
  key.address = ReadAddress({raw.address.bytes, sizeof(raw.address.bytes)});
  const std::optional<std::wstring> host = ReadText(answer, raw.host);
  if (!host) ThrowBadAnswer();
  key.host = *host;
}

void ReadKey(ByteView, const HttpCentralKey& raw, SslRecordKey& key) {
  key.address = ReadAddress({raw.address.bytes, sizeof(raw.address.bytes)});
}

// Windows does not write through what it is given.
wchar_t* Text(const std::wstring& text) { return const_cast<wchar_t*>(text.c_str()); }
wchar_t* Text(const std::optional<std::wstring>& text) { return text ? Text(*text) : nullptr; }
void* Data(const Bytes& bytes) {
  return bytes.empty() ? nullptr : const_cast<uint8_t*>(bytes.data());
}

void WriteKey(const SslRecordKey& key, HttpAddressKey& raw) { raw.address = Data(key.address); }

void WriteKey(const SslRecordKey& key, HttpHostKey& raw) {
  std::memcpy(raw.address.bytes, key.address.data(), key.address.size());
  raw.host = Text(key.host);
}

void WriteKey(const SslRecordKey& key, HttpCentralKey& raw) {
  std::memcpy(raw.address.bytes, key.address.data(), key.address.size());
}

// Runs `work` with an empty key of the form that this kind has.
template <typename Work>
auto WithKeyOf(int kind, Work&& work) {
  switch (kind) {
    case kHttpAddress:
      return work(HttpAddressKey{});
    case kHttpHost:
    case kHttpScopedCentral:
      return work(HttpHostKey{});
    case kHttpCentral:
      return work(HttpCentralKey{});
    default:
      ThrowBadRequest();
  }
}

bool HasEmbeddedEnd(const std::wstring& text) { return text.find(L'\0') != std::wstring::npos; }

void CheckKey(const SslRecordKey& key) {
  const size_t size = AddressSize(key.address);
  const bool named = key.kind == kHttpHost || key.kind == kHttpScopedCentral;
  if (size == 0 || size != key.address.size() || named == key.host.empty() ||
      HasEmbeddedEnd(key.host)) {
    ThrowBadRequest();
  }
}

// What Windows says at most about one record.
constexpr size_t kLargestAnswer = 1024 * 1024;

// One query, in as much memory as it needs; the answer is empty if there is none (any more).
Bytes Query(const HttpApi& api, int id, void* input, size_t input_size, ULONG& status) {
  Bytes answer(1024);
  for (;;) {
    ULONG returned = 0;
    status = api.query(nullptr, id, input, static_cast<ULONG>(input_size), answer.data(),
                       static_cast<ULONG>(answer.size()), &returned, nullptr);
    if (status == ERROR_SUCCESS) {
      if (returned > answer.size()) ThrowBadAnswer();
      answer.resize(returned);
      return answer;
    }
    if (status != ERROR_INSUFFICIENT_BUFFER && status != ERROR_MORE_DATA) return {};
    // Another process may make the record longer between two calls. At least twice as much each
    // time: an answer that always wants a little more ends soon.
    const size_t larger = std::max<size_t>(returned, answer.size() * 2);
    if (larger > kLargestAnswer) ThrowBadAnswer();
    // Pointers in an answer lead into it: it is asked for again, and never moved.
    answer = Bytes(larger);
  }
}

template <typename Key>
SslRecord ReadRecord(int kind, const Bytes& answer) {
  HttpSslSet<Key> raw;
  if (answer.size() < sizeof(raw)) ThrowBadAnswer();
  std::memcpy(&raw, answer.data(), sizeof(raw));
  SslRecord record;
  record.key.kind = kind;
  ReadKey(answer, raw.key, record.key);
  const HttpSslParam& param = raw.param;
  // The SHA-1 of a certificate has 20 bytes. Others are shown as they are.
  if (param.hash_size != 0) record.hash = Within(answer, param.hash, param.hash_size).Copy();
  record.app_id.resize(sizeof(GUID));
  std::memcpy(record.app_id.data(), &param.app_id, sizeof(GUID));
  record.store = ReadText(answer, param.store);
  record.check_mode = param.check_mode;
  record.freshness_time = param.freshness_time;
  record.retrieval_timeout = param.retrieval_timeout;
  record.ctl_identifier = ReadText(answer, param.ctl_identifier);
  record.ctl_store = ReadText(answer, param.ctl_store);
  record.flags = param.flags;
  return record;
}

using Change = decltype(HttpApi::set);

void Write(Change change, const SslRecord& record, const char* syscall) {
  CheckKey(record.key);
  if (record.app_id.size() != sizeof(GUID)) ThrowBadRequest();
  for (const auto* text : {&record.store, &record.ctl_identifier, &record.ctl_store}) {
    if (*text && HasEmbeddedEnd(**text)) ThrowBadRequest();
  }
  WithKeyOf(record.key.kind, [&](auto key) {
    HttpSslSet<decltype(key)> raw = {};
    WriteKey(record.key, raw.key);
    raw.param.hash_size = static_cast<ULONG>(record.hash.size());
    raw.param.hash = Data(record.hash);
    std::memcpy(&raw.param.app_id, record.app_id.data(), sizeof(GUID));
    raw.param.store = Text(record.store);
    raw.param.check_mode = record.check_mode;
    raw.param.freshness_time = record.freshness_time;
    raw.param.retrieval_timeout = record.retrieval_timeout;
    raw.param.ctl_identifier = Text(record.ctl_identifier);
    raw.param.ctl_store = Text(record.ctl_store);
    raw.param.flags = record.flags;
    Check(change(nullptr, record.key.kind, &raw, sizeof(raw), nullptr), syscall);
  });
}

// The form of a key in a question about extended parameters.
template <typename Key>
struct ExtendedKey {
  using Type = Key;
};
template <>
struct ExtendedKey<HttpAddressKey> {
  using Type = HttpCentralKey;
};

int ExtendedKind(int kind) {
  switch (kind) {
    case kHttpAddress:
      return kHttpAddressEx;
    case kHttpHost:
      return kHttpHostEx;
    case kHttpCentral:
      return kHttpCentralEx;
    default:
      return kHttpScopedCentralEx;
  }
}

// More records than a machine can have ports mean that the list does not end.
constexpr DWORD kMostRecords = 65'536;

}  // namespace

std::vector<SslRecord> ListSslRecords(const HttpApi& api, int kind) {
  return WithKeyOf(kind, [&](auto key) {
    using Key = decltype(key);
    const UniqueConfiguration configuration = Open(api);
    std::vector<SslRecord> records;
    for (DWORD token = 0; token < kMostRecords; ++token) {
      HttpSslQuery<Key> query = {};
      query.type = kHttpQueryNext;
      query.token = token;
      ULONG status = ERROR_SUCCESS;
      const Bytes answer = Query(api, kind, &query, sizeof(query), status);
      // Windows ends a list with the first, and Wine has the second for an empty one.
      if (status == ERROR_NO_MORE_ITEMS || status == ERROR_FILE_NOT_FOUND) return records;
      Check(status, kQuery);
      records.push_back(ReadRecord<Key>(kind, answer));
    }
    ThrowBadAnswer();
  });
}

std::optional<SslRecord> FindSslRecord(const HttpApi& api, const SslRecordKey& key) {
  CheckKey(key);
  return WithKeyOf(key.kind, [&](auto form) -> std::optional<SslRecord> {
    using Key = decltype(form);
    const UniqueConfiguration configuration = Open(api);
    HttpSslQuery<Key> query = {};
    query.type = kHttpQueryExact;
    WriteKey(key, query.key);
    ULONG status = ERROR_SUCCESS;
    const Bytes answer = Query(api, key.kind, &query, sizeof(query), status);
    if (status == ERROR_FILE_NOT_FOUND || status == ERROR_NO_MORE_ITEMS) return std::nullopt;
    Check(status, kQuery);
    return ReadRecord<Key>(key.kind, answer);
  });
}

std::vector<DWORD> ExtendedSslParameters(const HttpApi& api, const SslRecordKey& key) {
  CheckKey(key);
  return WithKeyOf(key.kind, [&](auto form) {
    const UniqueConfiguration configuration = Open(api);
    std::vector<DWORD> kinds;
    for (DWORD kind = 0; kind < kHttpExtendedParameters; ++kind) {
      HttpSslQueryEx<typename ExtendedKey<decltype(form)>::Type> query = {};
      query.type = kHttpQueryExact;
      WriteKey(key, query.key);
      query.parameter = static_cast<int>(kind);
      ULONG status = ERROR_SUCCESS;
      static_cast<void>(Query(api, ExtendedKind(key.kind), &query, sizeof(query), status));
      if (status == ERROR_SUCCESS) kinds.push_back(kind);
      if (status == ERROR_ACCESS_DENIED) Check(status, kQuery);
    }
    return kinds;
  });
}

void SetSslRecord(const HttpApi& api, const SslRecord& record) {
  const UniqueConfiguration configuration = Open(api);
  Write(api.set, record, "HttpSetServiceConfiguration");
}

void UpdateSslRecord(const HttpApi& api, const SslRecord& record) {
  constexpr const char* kUpdate = "HttpUpdateServiceConfiguration";
  if (api.update == nullptr) throw WindowsError(ERROR_PROC_NOT_FOUND, kUpdate);
  const UniqueConfiguration configuration = Open(api);
  Write(api.update, record, kUpdate);
}

void RemoveSslRecord(const HttpApi& api, const SslRecordKey& key) {
  CheckKey(key);
  WithKeyOf(key.kind, [&](auto form) {
    const UniqueConfiguration configuration = Open(api);
    // Windows reads only the key in the structure that sets a record.
    HttpSslSet<decltype(form)> raw = {};
    WriteKey(key, raw.key);
    Check(api.remove(nullptr, key.kind, &raw, sizeof(raw), nullptr),
          "HttpDeleteServiceConfiguration");
  });
}

}  // namespace schannel
