#include "napi/key_wrap.h"

#include <cstring>
#include <iterator>
#include <string>

#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"

namespace schannel {
namespace {

Napi::Value FromText(napi_env env, const std::optional<std::wstring>& text) {
  return text ? FromWide(env, *text) : Napi::Env(env).Null();
}

Napi::Value FromNumber(napi_env env, const std::optional<DWORD>& number) {
  return number ? Napi::Number::New(env, *number) : Napi::Env(env).Null();
}

Napi::Value FromFacts(napi_env env, const KeyFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("api", facts.cng ? "cng" : "capi");
  object.Set("provider", FromText(env, facts.provider));
  object.Set("name", FromText(env, facts.name));
  object.Set("uniqueName", FromText(env, facts.unique_name));
  object.Set("providerType", Napi::Number::New(env, facts.provider_type));
  object.Set("keySpec", Napi::Number::New(env, facts.key_spec));
  object.Set("algorithm", FromText(env, facts.algorithm));
  object.Set("bits", FromNumber(env, facts.bits));
  object.Set("exportPolicy", FromNumber(env, facts.export_policy));
  object.Set("implementation", FromNumber(env, facts.implementation));
  object.Set("machine", facts.machine);
  return object;
}

SignScheme ToSignScheme(napi_env env, napi_value value) {
  SignScheme scheme;
  const std::string padding = ToUtf8(env, GetProperty(env, value, "padding"));
  if (padding == "pkcs1") {
    scheme.padding = SignPadding::kPkcs1;
  } else if (padding == "pss") {
    scheme.padding = SignPadding::kPss;
  } else if (padding != "none") {
    throw WindowsError(E_INVALIDARG, "unknown padding");
  }
  scheme.hash = ToWide(env, GetProperty(env, value, "hash"));
  scheme.salt_length = ToUint32(env, GetProperty(env, value, "saltLength"));
  return scheme;
}

DecryptScheme ToDecryptScheme(napi_env env, napi_value value) {
  DecryptScheme scheme;
  const std::string padding = ToUtf8(env, GetProperty(env, value, "padding"));
  if (padding == "pkcs1") {
    scheme.padding = DecryptPadding::kPkcs1;
  } else if (padding == "oaep") {
    scheme.padding = DecryptPadding::kOaep;
  } else if (padding != "none") {
    throw WindowsError(E_INVALIDARG, "unknown padding");
  }
  scheme.hash = ToWide(env, GetProperty(env, value, "hash"));
  scheme.label = ToBytes(env, GetProperty(env, value, "label"));
  return scheme;
}

// UTF-16 and its terminator, which the caller left out.
Secret ToPassword(napi_env env, napi_value value) {
  const MutableByteView text = ToByteView(env, value);
  Secret password(text.size + sizeof(wchar_t));
  if (text.size != 0) std::memcpy(password.data(), text.data, text.size);
  return password;
}

ExportForm ToExportForm(napi_env env, napi_value value) {
  ExportForm form;
  form.type = ToWide(env, GetProperty(env, value, "type"));
  const napi_value password = GetProperty(env, value, "password");
  if (!IsNull(env, password)) form.password.emplace(ToPassword(env, password));
  form.iterations = static_cast<int>(ToUint32(env, GetProperty(env, value, "iterations")));
  return form;
}

Napi::Value FromOwnBytes(Napi::Env env, Bytes& bytes) { return FromBytes(env, bytes); }

Napi::Value FromSecret(Napi::Env env, Secret& secret) { return FromBytes(env, secret.view()); }

}  // namespace

WrapClass KeyWrap::Define(napi_env env) {
  const auto getter = [](const char* name, napi_callback callback) {
    napi_property_descriptor descriptor = {};
    descriptor.utf8name = name;
    descriptor.getter = callback;
    descriptor.attributes = napi_enumerable;
    return descriptor;
  };
  const napi_property_descriptor members[] = {
      getter("facts", &CallMethod<KeyWrap, &KeyWrap::Facts>),
      getter("publicKey", &CallMethod<KeyWrap, &KeyWrap::PublicKey>),
      Method<KeyWrap, &KeyWrap::Sign>("sign"),
      Method<KeyWrap, &KeyWrap::Decrypt>("decrypt"),
      Method<KeyWrap, &KeyWrap::ExportPrivate>("exportPrivate"),
      Method<KeyWrap, &KeyWrap::Security>("security"),
      Method<KeyWrap, &KeyWrap::SetSecurity>("setSecurity"),
      Method<KeyWrap, &KeyWrap::Close>("close"),
  };
  return WrapClass(env, "Key", members, std::size(members));
}

void PostKeyJob(const Call& call, size_t callback, napi_value owner, std::shared_ptr<Job> job,
                bool silent) {
  Dispatcher& dispatcher = AddonData::Of(call.env).dispatcher;
  if (silent) {
    dispatcher.Post(call[callback], owner, std::move(job));
  } else {
    dispatcher.Post(call[callback], owner, std::move(job), Lane::OfDialogs());
  }
}

Napi::Value KeyWrap::New(Napi::Env env, std::shared_ptr<PrivateKey>& key, bool silent) {
  auto wrap = std::make_unique<KeyWrap>(std::move(key), silent);
  return {env, AddonData::Of(env).key_class.New(env, std::move(wrap))};
}

const std::shared_ptr<PrivateKey>& KeyWrap::key() const {
  if (key_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "key is closed");
  return key_;
}

napi_value KeyWrap::Facts(const Call& call) { return FromFacts(call.env, key()->facts()); }

napi_value KeyWrap::PublicKey(const Call& call) {
  return FromOptionalBytes(call.env, key()->public_key());
}

napi_value KeyWrap::Sign(const Call& call) {
  auto job = std::make_shared<OutcomeJob<Bytes>>(
      [key = key(), digest = ToBytes(call.env, call[0]), scheme = ToSignScheme(call.env, call[1])] {
        return key->Sign(digest, scheme);
      },
      &FromOwnBytes);
  PostKeyJob(call, 2, call.self, std::move(job), silent_);
  return nullptr;
}

napi_value KeyWrap::Decrypt(const Call& call) {
  auto job = std::make_shared<OutcomeJob<Secret>>(
      [key = key(), data = ToBytes(call.env, call[0]),
       scheme = ToDecryptScheme(call.env, call[1])] { return key->Decrypt(data, scheme); },
      &FromSecret);
  PostKeyJob(call, 2, call.self, std::move(job), silent_);
  return nullptr;
}

napi_value KeyWrap::ExportPrivate(const Call& call) {
  // Shared, since what std::function holds must be copyable and a secret is not.
  auto job = std::make_shared<OutcomeJob<Secret>>(
      [key = key(), form = std::make_shared<const ExportForm>(ToExportForm(call.env, call[0]))] {
        return key->Export(*form);
      },
      &FromSecret);
  PostKeyJob(call, 1, call.self, std::move(job), silent_);
  return nullptr;
}

napi_value KeyWrap::Security(const Call& call) {
  auto job = std::make_shared<OutcomeJob<Bytes>>(
      [key = key(), parts = ToUint32(call.env, call[0])] { return key->Security(parts); },
      &FromOwnBytes);
  AddonData::Of(call.env).dispatcher.Post(call[1], call.self, std::move(job));
  return nullptr;
}

napi_value KeyWrap::SetSecurity(const Call& call) {
  auto job = std::make_shared<EndJob>(
      [key = key(), parts = ToUint32(call.env, call[0]), descriptor = ToBytes(call.env, call[1])] {
        key->SetSecurity(parts, descriptor);
      });
  AddonData::Of(call.env).dispatcher.Post(call[2], call.self, std::move(job));
  return nullptr;
}

napi_value KeyWrap::Close(const Call& call) {
  const auto key = std::move(key_);
  key_.reset();
  if (IsUndefined(call.env, call[0])) return nullptr;
  auto job = std::make_shared<EndJob>([key] {
    if (key != nullptr) key->Close();
  });
  AddonData::Of(call.env).dispatcher.Post(call[0], call.self, std::move(job));
  return nullptr;
}

}  // namespace schannel
