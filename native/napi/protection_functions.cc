#include "napi/protection_functions.h"

#include <memory>
#include <utility>

#include "crypt/protection.h"
#include "napi/addon_data.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"

namespace schannel {
namespace {

// Shared, since what std::function holds must be copyable and a secret is not.
std::shared_ptr<const Secret> ToSecret(napi_env env, napi_value value) {
  const MutableByteView bytes = ToByteView(env, value);
  return std::make_shared<const Secret>(ByteView(bytes.data, bytes.size));
}

}  // namespace

napi_value ProtectData(const Call& call) {
  const ProtectionScope scope =
      ToBool(call.env, call[2]) ? ProtectionScope::kMachine : ProtectionScope::kUser;
  auto job = std::make_shared<OutcomeJob<Bytes>>(
      [secret = ToSecret(call.env, call[0]), entropy = ToSecret(call.env, call[1]), scope] {
        return ProtectData(kSystemProtectionApi, secret->view(), entropy->view(), scope);
      },
      [](Napi::Env env, Bytes& data) { return FromBytes(env, data); });
  AddonData::Of(call.env).dispatcher.Post(call[3], nullptr, std::move(job));
  return nullptr;
}

napi_value UnprotectData(const Call& call) {
  auto job = std::make_shared<OutcomeJob<Secret>>(
      [data = ToBytes(call.env, call[0]), entropy = ToSecret(call.env, call[1])] {
        return UnprotectData(kSystemProtectionApi, data, entropy->view());
      },
      [](Napi::Env env, Secret& secret) { return FromBytes(env, secret.view()); });
  AddonData::Of(call.env).dispatcher.Post(call[2], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
