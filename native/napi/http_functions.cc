#include "napi/http_functions.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/ssl_records.h"
#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"

namespace schannel {
namespace {

SslRecordKey ToSslRecordKey(napi_env env, napi_value value) {
  SslRecordKey key;
  key.kind = static_cast<int>(ToUint32(env, GetProperty(env, value, "kind")));
  key.address = ToBytes(env, GetProperty(env, value, "address"));
  key.host = ToWide(env, GetProperty(env, value, "host"));
  return key;
}

std::optional<std::wstring> ToOptionalText(napi_env env, napi_value value) {
  if (IsNull(env, value)) return std::nullopt;
  return ToWide(env, value);
}

SslRecord ToSslRecord(napi_env env, napi_value value) {
  const auto property = [env, value](const char* name) { return GetProperty(env, value, name); };
  SslRecord record;
  record.key = ToSslRecordKey(env, value);
  record.hash = ToBytes(env, property("hash"));
  record.app_id = ToBytes(env, property("appId"));
  record.store = ToOptionalText(env, property("store"));
  record.check_mode = ToUint32(env, property("checkMode"));
  record.freshness_time = ToUint32(env, property("freshnessTime"));
  record.retrieval_timeout = ToUint32(env, property("retrievalTimeout"));
  record.ctl_identifier = ToOptionalText(env, property("ctlIdentifier"));
  record.ctl_store = ToOptionalText(env, property("ctlStore"));
  record.flags = ToUint32(env, property("flags"));
  return record;
}

Napi::Value FromOptionalText(napi_env env, const std::optional<std::wstring>& text) {
  return text ? FromWide(env, *text) : Napi::Env(env).Null();
}

Napi::Value FromSslRecord(Napi::Env env, const SslRecord& record) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&object, env](const char* name, DWORD number) {
    object.Set(name, Napi::Number::New(env, number));
  };
  set("kind", static_cast<DWORD>(record.key.kind));
  object.Set("address", FromBytes(env, record.key.address));
  object.Set("host", FromWide(env, record.key.host));
  object.Set("hash", FromBytes(env, record.hash));
  object.Set("appId", FromBytes(env, record.app_id));
  object.Set("store", FromOptionalText(env, record.store));
  set("checkMode", record.check_mode);
  set("freshnessTime", record.freshness_time);
  set("retrievalTimeout", record.retrieval_timeout);
  object.Set("ctlIdentifier", FromOptionalText(env, record.ctl_identifier));
  object.Set("ctlStore", FromOptionalText(env, record.ctl_store));
  set("flags", record.flags);
  return object;
}

Napi::Value FromSslRecords(Napi::Env env, std::vector<SslRecord>& records) {
  Napi::Array list = Napi::Array::New(env, records.size());
  for (uint32_t index = 0; index < records.size(); ++index) {
    list.Set(index, FromSslRecord(env, records[index]));
  }
  return list;
}

Napi::Value FromOptionalRecord(Napi::Env env, std::optional<SslRecord>& record) {
  return record ? FromSslRecord(env, *record) : env.Null();
}

Napi::Value FromNumbers(Napi::Env env, std::vector<DWORD>& numbers) {
  Napi::Array list = Napi::Array::New(env, numbers.size());
  for (uint32_t index = 0; index < numbers.size(); ++index) {
    list.Set(index, Napi::Number::New(env, numbers[index]));
  }
  return list;
}

template <typename Value>
napi_value PostOutcome(const Call& call, typename OutcomeJob<Value>::Work work,
                       typename OutcomeJob<Value>::Convert convert) {
  AddonData::Of(call.env).dispatcher.Post(
      call[1], nullptr, std::make_shared<OutcomeJob<Value>>(std::move(work), std::move(convert)));
  return nullptr;
}

napi_value PostEnd(const Call& call, EndJob::Work work) {
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr,
                                          std::make_shared<EndJob>(std::move(work)));
  return nullptr;
}

}  // namespace

napi_value SslRecords(const Call& call) {
  return PostOutcome<std::vector<SslRecord>>(
      call,
      [kind = static_cast<int>(ToUint32(call.env, call[0]))] {
        return ListSslRecords(WindowsHttpApi(), kind);
      },
      &FromSslRecords);
}

napi_value SslRecordOf(const Call& call) {
  return PostOutcome<std::optional<SslRecord>>(
      call,
      [key = ToSslRecordKey(call.env, call[0])] { return FindSslRecord(WindowsHttpApi(), key); },
      &FromOptionalRecord);
}

napi_value ExtendedSslParameters(const Call& call) {
  return PostOutcome<std::vector<DWORD>>(
      call,
      [key = ToSslRecordKey(call.env, call[0])] {
        return ExtendedSslParameters(WindowsHttpApi(), key);
      },
      &FromNumbers);
}

napi_value SetSslRecord(const Call& call) {
  return PostEnd(
      call, [record = ToSslRecord(call.env, call[0])] { SetSslRecord(WindowsHttpApi(), record); });
}

napi_value UpdateSslRecord(const Call& call) {
  return PostEnd(call, [record = ToSslRecord(call.env, call[0])] {
    UpdateSslRecord(WindowsHttpApi(), record);
  });
}

napi_value RemoveSslRecord(const Call& call) {
  return PostEnd(
      call, [key = ToSslRecordKey(call.env, call[0])] { RemoveSslRecord(WindowsHttpApi(), key); });
}

}  // namespace schannel
