#include "napi/key_functions.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypt/key.h"
#include "napi/addon_data.h"
#include "napi/certificate_wrap.h"
#include "napi/convert.h"
#include "napi/key_location_object.h"
#include "napi/key_wrap.h"
#include "napi/outcome_job.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

using SharedKey = std::shared_ptr<PrivateKey>;

void PostKey(const Call& call, napi_value callback,
             std::function<std::unique_ptr<PrivateKey>()> work) {
  auto job = std::make_shared<OutcomeJob<SharedKey>>(
      [work = std::move(work)] { return ReleasedOnWorker(work()); }, &KeyWrap::New);
  AddonData::Of(call.env).dispatcher.Post(callback, nullptr, std::move(job));
}

Napi::Value FromNames(Napi::Env env, std::vector<std::wstring>& names) {
  Napi::Array array = Napi::Array::New(env, names.size());
  for (uint32_t index = 0; index < names.size(); ++index) {
    array.Set(index, FromWide(env, names[index]));
  }
  return array;
}

}  // namespace

napi_value AcquireKey(const Call& call) {
  PostKey(call, call[3],
          [certificate = ToCertificate(call.env, call[0]), flags = ToUint32(call.env, call[1]),
           dialog = ToKeyDialog(call.env, call[2])] {
            return AcquireKey(SystemKeyApi(), certificate->get(), flags, dialog);
          });
  return nullptr;
}

napi_value OpenKey(const Call& call) {
  PostKey(call, call[2],
          [location = ToKeyLocation(call.env, call[0]), dialog = ToKeyDialog(call.env, call[1])] {
            return OpenKey(SystemKeyApi(), location, dialog);
          });
  return nullptr;
}

napi_value ImportKey(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  // Shared, since what std::function holds must be copyable and a secret is not.
  const auto request = std::make_shared<KeyImport>();
  request->location = ToKeyLocation(call.env, property("location"));
  request->dialog = ToKeyDialog(call.env, call[0]);
  request->algorithm = ToWide(call.env, property("algorithm"));
  request->type = ToWide(call.env, property("type"));
  const MutableByteView blob = ToByteView(call.env, property("blob"));
  request->blob = Secret(ByteView(blob.data, blob.size));
  request->export_policy = ToUint32(call.env, property("exportPolicy"));
  PostKey(call, call[1], [request] { return ImportKey(SystemKeyApi(), *request); });
  return nullptr;
}

napi_value GenerateKey(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  KeyGeneration request;
  request.location = ToKeyLocation(call.env, property("location"));
  request.dialog = ToKeyDialog(call.env, call[0]);
  request.algorithm = ToWide(call.env, property("algorithm"));
  request.bits = ToUint32(call.env, property("bits"));
  request.export_policy = ToUint32(call.env, property("exportPolicy"));
  PostKey(call, call[1],
          [request = std::move(request)] { return GenerateKey(SystemKeyApi(), request); });
  return nullptr;
}

napi_value DeleteKey(const Call& call) {
  auto job = std::make_shared<EndJob>(
      [location = ToKeyLocation(call.env, call[0])] { DeleteKey(SystemKeyApi(), location); });
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

napi_value ListContainers(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  auto job = std::make_shared<OutcomeJob<std::vector<std::wstring>>>(
      [provider = ToWide(call.env, property("provider")),
       type = ToUint32(call.env, property("providerType")),
       flags = ToUint32(call.env, property("flags"))] {
        return ListKeys(SystemKeyApi(), provider, type, flags);
      },
      &FromNames);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
