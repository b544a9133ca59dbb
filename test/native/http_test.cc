// The configuration of http.sys, scripted: lists, sizes, refusals, and answers that lie.
#include "platform/win.h"

// After win.h: it needs windows.h as win.h includes it.
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "handle/handle_counts.h"
#include "http/http_api.h"
#include "http/ssl_records.h"
#include "platform/windows_error.h"
#include "support/harness.h"
#include <http.h>

using schannel::Bytes;
using schannel::ExtendedSslParameters;
using schannel::FindSslRecord;
using schannel::HandleKind;
using schannel::HttpAddressKey;
using schannel::HttpApi;
using schannel::HttpCentralKey;
using schannel::HttpHostKey;
using schannel::HttpSslParam;
using schannel::HttpSslQuery;
using schannel::HttpSslQueryEx;
using schannel::HttpSslSet;
using schannel::HttpVersion;
using schannel::kHttpAddress;
using schannel::kHttpAddressEx;
using schannel::kHttpCentral;
using schannel::kHttpHost;
using schannel::kHttpHostEx;
using schannel::kHttpScopedCentral;
using schannel::kHttpScopedCentralEx;
using schannel::ListSslRecords;
using schannel::LiveHandles;
using schannel::RemoveSslRecord;
using schannel::SetSslRecord;
using schannel::SslRecord;
using schannel::SslRecordKey;
using schannel::UpdateSslRecord;

namespace {

// What a record is damaged by before it is given.
enum class Damage {
  kNone,
  kShort,
  kLongerThanAsked,
  kHashOutside,
  kTextOutside,
  kTextWithoutEnd,
  kNoAddress,
  kUnknownFamily,
  kNoHost,
  kGrowsForever,
};

// Functions in a table have no object: there is one script for all.
struct Script {
  std::map<std::string, ULONG> errors;
  std::vector<std::string> calls;
  std::vector<SslRecord> records;
  Damage damage = Damage::kNone;
  std::vector<ULONG> sizes;
  // What was written last.
  SslRecord written;
  int id = 0;
  ULONG written_size = 0;
  std::vector<int> extended;
  bool endless = false;
};
std::unique_ptr<Script> script;

ULONG Refusal(const char* name) {
  script->calls.emplace_back(name);
  const auto error = script->errors.find(name);
  return error == script->errors.end() ? static_cast<ULONG>(ERROR_SUCCESS) : error->second;
}

ULONG WINAPI Initialize(HttpVersion version, ULONG flags, void*) {
  CHECK_EQUAL(version.major, 2);
  CHECK_EQUAL(version.minor, 0);
  CHECK_EQUAL(flags, 2u);
  return Refusal("initialize");
}

ULONG WINAPI Terminate(ULONG flags, void*) {
  CHECK_EQUAL(flags, 2u);
  return Refusal("terminate");
}

// Places what a structure points to behind it.
class Answer {
 public:
  explicit Answer(size_t size) : next_(size) {}

  void* Put(unsigned char* base, const void* data, size_t size) {
    if (base != nullptr) std::memcpy(base + next_, data, size);
    void* const place = base == nullptr ? nullptr : base + next_;
    next_ += (size + 7) / 8 * 8;
    return place;
  }
  wchar_t* Put(unsigned char* base, const std::wstring& text) {
    return static_cast<wchar_t*>(Put(base, text.c_str(), (text.size() + 1) * sizeof(wchar_t)));
  }
  [[nodiscard]] size_t size() const { return next_; }

 private:
  size_t next_;
};

void PutKey(Answer& answer, unsigned char* base, const SslRecord& record, HttpAddressKey& key) {
  key.address = answer.Put(base, record.key.address.data(), record.key.address.size());
}
void PutKey(Answer& answer, unsigned char* base, const SslRecord& record, HttpHostKey& key) {
  std::memcpy(key.address.bytes, record.key.address.data(), record.key.address.size());
  key.host = answer.Put(base, record.key.host);
}
void PutKey(Answer&, unsigned char*, const SslRecord& record, HttpCentralKey& key) {
  std::memcpy(key.address.bytes, record.key.address.data(), record.key.address.size());
}

void Spoil(HttpAddressKey& key) {
  if (script->damage == Damage::kNoAddress) key.address = nullptr;
  if (script->damage == Damage::kUnknownFamily) std::memset(key.address, 1, 2);
}
void Spoil(HttpHostKey& key) {
  if (script->damage == Damage::kNoHost) key.host = nullptr;
  if (script->damage == Damage::kUnknownFamily) std::memset(key.address.bytes, 1, 2);
}
void Spoil(HttpCentralKey& key) {
  if (script->damage == Damage::kUnknownFamily) std::memset(key.address.bytes, 1, 2);
}

// Returns the size; writes only if there is a base.
template <typename Key>
size_t Render(const SslRecord& record, unsigned char* base) {
  HttpSslSet<Key> set = {};
  Answer answer(sizeof(set));
  PutKey(answer, base, record, set.key);
  set.param.hash_size = static_cast<ULONG>(record.hash.size());
  if (!record.hash.empty()) {
    set.param.hash = answer.Put(base, record.hash.data(), record.hash.size());
  }
  std::memcpy(&set.param.app_id, record.app_id.data(), sizeof(GUID));
  if (record.store) set.param.store = answer.Put(base, *record.store);
  set.param.check_mode = record.check_mode;
  set.param.freshness_time = record.freshness_time;
  set.param.retrieval_timeout = record.retrieval_timeout;
  if (record.ctl_identifier) set.param.ctl_identifier = answer.Put(base, *record.ctl_identifier);
  if (record.ctl_store) set.param.ctl_store = answer.Put(base, *record.ctl_store);
  set.param.flags = record.flags;
  if (base == nullptr) return answer.size();
  static wchar_t elsewhere[] = L"elsewhere";
  if (script->damage == Damage::kHashOutside) set.param.hash = base + answer.size() - 8;
  if (script->damage == Damage::kTextOutside) set.param.store = elsewhere;
  if (script->damage == Damage::kTextWithoutEnd) {
    std::memset(base + answer.size() - 8, 'x', 8);
    set.param.store = reinterpret_cast<wchar_t*>(base + answer.size() - 8);
  }
  Spoil(set.key);
  std::memcpy(base, &set, sizeof(set));
  return answer.size();
}

template <typename Key>
ULONG Answering(const HttpSslQuery<Key>& query, int id, unsigned char* output, ULONG size,
                ULONG* returned) {
  std::vector<SslRecord> of_kind;
  for (const SslRecord& record : script->records) {
    if (record.key.kind == id) of_kind.push_back(record);
  }
  const size_t index = query.type == 1 && !script->endless ? query.token : 0;
  if (index >= of_kind.size()) {
    return query.type == 1 ? ERROR_NO_MORE_ITEMS : ERROR_FILE_NOT_FOUND;
  }
  const size_t needed = Render<Key>(of_kind[index], nullptr);
  script->sizes.push_back(size);
  *returned = static_cast<ULONG>(needed);
  if (script->damage == Damage::kGrowsForever) {
    *returned = size + 1;
    return ERROR_INSUFFICIENT_BUFFER;
  }
  if (size < needed) return ERROR_INSUFFICIENT_BUFFER;
  Render<Key>(of_kind[index], output);
  if (script->damage == Damage::kShort) *returned = sizeof(HttpSslSet<Key>) - 1;
  if (script->damage == Damage::kLongerThanAsked) *returned = size + 1;
  return ERROR_SUCCESS;
}

ULONG WINAPI Query(HANDLE, int id, void* input, ULONG input_size, void* output, ULONG size,
                   ULONG* returned, OVERLAPPED*) {
  const ULONG refusal = Refusal("query");
  if (refusal != ERROR_SUCCESS) return refusal;
  auto* bytes = static_cast<unsigned char*>(output);
  if (id >= kHttpAddressEx && id != kHttpScopedCentral) {
    // All three begin with a kind and a whole address; only names follow.
    const auto* asked = static_cast<HttpSslQueryEx<HttpCentralKey>*>(input);
    int parameter = asked->parameter;
    CHECK_EQUAL(asked->key.address.bytes[3], 187);
    if (id == kHttpHostEx || id == kHttpScopedCentralEx) {
      CHECK_EQUAL(input_size, sizeof(HttpSslQueryEx<HttpHostKey>));
      const auto* named = static_cast<HttpSslQueryEx<HttpHostKey>*>(input);
      CHECK(std::wstring(named->key.host) == L"bar.example");
      parameter = named->parameter;
    } else {
      CHECK_EQUAL(input_size, sizeof(HttpSslQueryEx<HttpCentralKey>));
    }
    for (const int known : script->extended) {
      if (known == parameter) return ERROR_SUCCESS;
    }
    return ERROR_FILE_NOT_FOUND;
  }
  switch (id) {
    case kHttpAddress:
      CHECK_EQUAL(input_size, sizeof(HTTP_SERVICE_CONFIG_SSL_QUERY));
      return Answering(*static_cast<HttpSslQuery<HttpAddressKey>*>(input), id, bytes, size,
                       returned);
    case kHttpHost:
    case kHttpScopedCentral:
      return Answering(*static_cast<HttpSslQuery<HttpHostKey>*>(input), id, bytes, size, returned);
    default:
      return Answering(*static_cast<HttpSslQuery<HttpCentralKey>*>(input), id, bytes, size,
                       returned);
  }
}

// What http.sys is given for an address.
ULONG Take(const char* name, int id, void* config, ULONG size) {
  const ULONG refusal = Refusal(name);
  if (refusal != ERROR_SUCCESS) return refusal;
  script->id = id;
  script->written_size = size;
  const HttpSslParam* param = nullptr;
  SslRecord& written = script->written;
  written = {};
  if (id == kHttpAddress) {
    CHECK_EQUAL(size, sizeof(HTTP_SERVICE_CONFIG_SSL_SET));
    const auto* set = static_cast<HttpSslSet<HttpAddressKey>*>(config);
    const auto* address = static_cast<unsigned char*>(set->key.address);
    written.key.address.assign(address, address + (address[0] == 2 ? 16 : 28));
    param = &set->param;
  } else {
    CHECK_EQUAL(size, sizeof(HttpSslSet<HttpHostKey>));
    const auto* set = static_cast<HttpSslSet<HttpHostKey>*>(config);
    written.key.address.assign(set->key.address.bytes, set->key.address.bytes + 16);
    written.key.host = set->key.host;
    param = &set->param;
  }
  const auto* hash = static_cast<const unsigned char*>(param->hash);
  written.hash.assign(hash, hash + param->hash_size);
  written.app_id.resize(sizeof(GUID));
  std::memcpy(written.app_id.data(), &param->app_id, sizeof(GUID));
  if (param->store != nullptr) written.store = param->store;
  written.check_mode = param->check_mode;
  written.freshness_time = param->freshness_time;
  written.retrieval_timeout = param->retrieval_timeout;
  if (param->ctl_identifier != nullptr) written.ctl_identifier = param->ctl_identifier;
  if (param->ctl_store != nullptr) written.ctl_store = param->ctl_store;
  written.flags = param->flags;
  return ERROR_SUCCESS;
}

ULONG WINAPI Set(HANDLE, int id, void* config, ULONG size, OVERLAPPED*) {
  return Take("set", id, config, size);
}
ULONG WINAPI Remove(HANDLE, int id, void* config, ULONG size, OVERLAPPED*) {
  return Take("remove", id, config, size);
}
ULONG WINAPI Update(HANDLE, int id, void* config, ULONG size, OVERLAPPED*) {
  return Take("update", id, config, size);
}

const HttpApi kApi = {&Initialize, &Terminate, &Query, &Set, &Remove, &Update};

void Reset() { script = std::make_unique<Script>(); }

// 0.0.0.0:443
Bytes Ipv4() { return {2, 0, 1, 187, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; }

// [::]:443
Bytes Ipv6() {
  Bytes address(28);
  address[0] = 23;
  address[2] = 1;
  address[3] = 187;
  return address;
}

SslRecord ARecord(int kind = kHttpAddress) {
  SslRecord record;
  record.key = {kind, Ipv4(), L""};
  if (kind == kHttpHost || kind == kHttpScopedCentral) record.key.host = L"bar.example";
  record.hash = Bytes(20, 0xab);
  record.app_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  record.store = L"MY";
  record.check_mode = 4;
  record.freshness_time = 60;
  record.retrieval_timeout = 5'000;
  record.ctl_identifier = L"list";
  record.ctl_store = L"ClientAuthIssuer";
  record.flags = 2;
  return record;
}

void CheckSame(const SslRecord& actual, const SslRecord& expected) {
  CHECK(actual.key.address == expected.key.address);
  CHECK(actual.key.host == expected.key.host);
  CHECK(actual.hash == expected.hash);
  CHECK(actual.app_id == expected.app_id);
  CHECK(actual.store == expected.store);
  CHECK_EQUAL(actual.check_mode, expected.check_mode);
  CHECK_EQUAL(actual.freshness_time, expected.freshness_time);
  CHECK_EQUAL(actual.retrieval_timeout, expected.retrieval_timeout);
  CHECK(actual.ctl_identifier == expected.ctl_identifier);
  CHECK(actual.ctl_store == expected.ctl_store);
  CHECK_EQUAL(actual.flags, expected.flags);
}

size_t CallsOf(const std::string& name) {
  size_t count = 0;
  for (const std::string& call : script->calls) count += call == name ? 1 : 0;
  return count;
}

void CheckAllClosed() {
  CHECK_EQUAL(LiveHandles(HandleKind::kHttpConfiguration).load(), 0);
  CHECK_EQUAL(CallsOf("terminate"), CallsOf("initialize"));
}

}  // namespace

TEST(TheStructuresAreThoseOfTheHeaders) {
  CHECK_EQUAL(sizeof(HttpSslParam), sizeof(HTTP_SERVICE_CONFIG_SSL_PARAM));
  CHECK_EQUAL(sizeof(HttpSslSet<HttpAddressKey>), sizeof(HTTP_SERVICE_CONFIG_SSL_SET));
  CHECK_EQUAL(sizeof(HttpSslQuery<HttpAddressKey>), sizeof(HTTP_SERVICE_CONFIG_SSL_QUERY));
  CHECK_EQUAL(sizeof(HttpCentralKey), sizeof(SOCKADDR_STORAGE));
  CHECK_EQUAL(offsetof(HttpSslParam, flags), offsetof(HTTP_SERVICE_CONFIG_SSL_PARAM, DefaultFlags));
  CHECK_EQUAL(offsetof(HttpSslParam, ctl_identifier),
              offsetof(HTTP_SERVICE_CONFIG_SSL_PARAM, pDefaultSslCtlIdentifier));
}

TEST(AListHasEveryPage) {
  Reset();
  script->records = {ARecord(), ARecord(), ARecord(kHttpHost)};
  script->records[1].key.address = Ipv6();
  script->records[1].store.reset();
  const auto records = ListSslRecords(kApi, kHttpAddress);
  CHECK_EQUAL(records.size(), 2u);
  CheckSame(records[0], script->records[0]);
  CheckSame(records[1], script->records[1]);
  CHECK_EQUAL(CallsOf("query"), 3u);
  CheckAllClosed();
}

TEST(EachKindHasItsKey) {
  for (const int kind : {kHttpHost, kHttpCentral, kHttpScopedCentral}) {
    Reset();
    script->records = {ARecord(kind)};
    if (kind == kHttpCentral) script->records[0].hash.clear();
    const auto records = ListSslRecords(kApi, kind);
    CHECK_EQUAL(records.size(), 1u);
    CHECK_EQUAL(records[0].key.kind, kind);
    CheckSame(records[0], script->records[0]);
  }
}

TEST(NoRecordsAreAnEmptyList) {
  Reset();
  script->errors["query"] = ERROR_FILE_NOT_FOUND;
  CHECK(ListSslRecords(kApi, kHttpAddress).empty());
  CHECK(!FindSslRecord(kApi, ARecord().key));
  CheckAllClosed();
}

TEST(AnAnswerGetsTheMemoryThatItNeeds) {
  Reset();
  script->records = {ARecord()};
  script->records[0].ctl_identifier = std::wstring(3'000, L'x');
  const auto found = FindSslRecord(kApi, ARecord().key);
  CHECK(found.has_value());
  CheckSame(*found, script->records[0]);
  CHECK_EQUAL(script->sizes.size(), 2u);
  CHECK(script->sizes[1] > 6'000);
}

TEST(AnAnswerThatGrowsForEverIsRefused) {
  Reset();
  script->records = {ARecord()};
  script->damage = Damage::kGrowsForever;
  CHECK_THROWS(ListSslRecords(kApi, kHttpAddress), ERROR_INVALID_DATA);
  // From 1 KiB to 1 MiB.
  CHECK_EQUAL(CallsOf("query"), 11u);
  CheckAllClosed();
}

TEST(AListThatDoesNotEndIsRefused) {
  Reset();
  script->records = {ARecord()};
  script->endless = true;
  CHECK_THROWS(ListSslRecords(kApi, kHttpAddress), ERROR_INVALID_DATA);
  CHECK_EQUAL(CallsOf("query"), 65'536u);
}

TEST(AnAnswerThatLeadsOutsideIsRefused) {
  const std::pair<Damage, int> cases[] = {
      {Damage::kShort, kHttpAddress},         {Damage::kLongerThanAsked, kHttpAddress},
      {Damage::kHashOutside, kHttpAddress},   {Damage::kTextOutside, kHttpAddress},
      {Damage::kTextWithoutEnd, kHttpHost},   {Damage::kNoAddress, kHttpAddress},
      {Damage::kUnknownFamily, kHttpAddress}, {Damage::kUnknownFamily, kHttpHost},
      {Damage::kUnknownFamily, kHttpCentral}, {Damage::kNoHost, kHttpHost},
      {Damage::kNoHost, kHttpScopedCentral},  {Damage::kTextOutside, kHttpCentral},
  };
  for (const auto& [damage, kind] : cases) {
    Reset();
    script->records = {ARecord(kind)};
    script->damage = damage;
    CHECK_THROWS(ListSslRecords(kApi, kind), ERROR_INVALID_DATA);
    CheckAllClosed();
  }
}

TEST(RefusalsAreTold) {
  Reset();
  script->errors["query"] = ERROR_ACCESS_DENIED;
  CHECK_THROWS(ListSslRecords(kApi, kHttpAddress), ERROR_ACCESS_DENIED);
  CHECK_THROWS(FindSslRecord(kApi, ARecord().key), ERROR_ACCESS_DENIED);
  CHECK_THROWS(ExtendedSslParameters(kApi, ARecord().key), ERROR_ACCESS_DENIED);
  script->errors["set"] = ERROR_ALREADY_EXISTS;
  CHECK_THROWS(SetSslRecord(kApi, ARecord()), ERROR_ALREADY_EXISTS);
  script->errors["update"] = ERROR_NO_SUCH_LOGON_SESSION;
  CHECK_THROWS(UpdateSslRecord(kApi, ARecord()), ERROR_NO_SUCH_LOGON_SESSION);
  script->errors["remove"] = ERROR_FILE_NOT_FOUND;
  CHECK_THROWS(RemoveSslRecord(kApi, ARecord().key), ERROR_FILE_NOT_FOUND);
  CheckAllClosed();
  Reset();
  script->errors["initialize"] = ERROR_INVALID_PARAMETER;
  CHECK_THROWS(SetSslRecord(kApi, ARecord()), ERROR_INVALID_PARAMETER);
  CHECK_EQUAL(CallsOf("terminate"), 0u);
}

TEST(ARecordIsWrittenWhole) {
  Reset();
  SetSslRecord(kApi, ARecord());
  CheckSame(script->written, ARecord());
  UpdateSslRecord(kApi, ARecord(kHttpHost));
  CHECK_EQUAL(script->id, kHttpHost);
  CheckSame(script->written, ARecord(kHttpHost));
  SslRecord bare = ARecord();
  bare.key.address = Ipv6();
  bare.store.reset();
  bare.ctl_identifier.reset();
  bare.ctl_store.reset();
  SetSslRecord(kApi, bare);
  CheckSame(script->written, bare);
  CheckAllClosed();
}

TEST(ARecordIsRemovedByItsKey) {
  Reset();
  RemoveSslRecord(kApi, ARecord().key);
  CHECK(script->written.key.address == Ipv4());
  CHECK(script->written.hash.empty());
  CheckAllClosed();
}

TEST(WithoutUpdateThereIsItsStatus) {
  Reset();
  HttpApi old = kApi;
  old.update = nullptr;
  CHECK_THROWS(UpdateSslRecord(old, ARecord()), ERROR_PROC_NOT_FOUND);
  CHECK(script->calls.empty());
}

TEST(ExtendedParametersAreFound) {
  for (const int kind : {kHttpAddress, kHttpHost, kHttpCentral, kHttpScopedCentral}) {
    Reset();
    script->extended = {0, 3, 6};
    const auto kinds = ExtendedSslParameters(kApi, ARecord(kind).key);
    CHECK_EQUAL(kinds.size(), 3u);
    CHECK_EQUAL(kinds[1], 3u);
    CHECK_EQUAL(CallsOf("query"), 7u);
    script->errors["query"] = ERROR_INVALID_PARAMETER;
    CHECK(ExtendedSslParameters(kApi, ARecord(kind).key).empty());
    CheckAllClosed();
  }
}

TEST(WhatIsNoRecordIsRefused) {
  Reset();
  const auto refused = [](auto change) {
    SslRecord record = ARecord();
    change(record);
    CHECK_THROWS(SetSslRecord(kApi, record), E_INVALIDARG);
  };
  refused([](SslRecord& record) { record.key.address.pop_back(); });
  refused([](SslRecord& record) { record.key.address.clear(); });
  refused([](SslRecord& record) { record.key.address[0] = 7; });
  refused([](SslRecord& record) { record.key.kind = 2; });
  refused([](SslRecord& record) { record.key.kind = kHttpHost; });
  refused([](SslRecord& record) { record.key.host = L"bar.example"; });
  refused([](SslRecord& record) { record.app_id.pop_back(); });
  refused([](SslRecord& record) { record.store = std::wstring(L"M\0Y", 3); });
  CHECK_THROWS(ListSslRecords(kApi, 7), E_INVALIDARG);
  CHECK_EQUAL(CallsOf("set"), 0u);
  CheckAllClosed();
}
