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

void PostKey(const Call& call, size_t callback, bool silent,
             std::function<std::unique_ptr<PrivateKey>()> work) {
  auto job = std::make_shared<OutcomeJob<SharedKey>>(
      [work = std::move(work)] { return ReleasedOnWorker(work()); },
      [silent](Napi::Env env, SharedKey& key) { return KeyWrap::New(env, key, silent); });
  PostKeyJob(call, callback, nullptr, std::move(job), silent);
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
  const KeyDialog dialog = ToKeyDialog(call.env, call[2]);
  PostKey(call, 3, dialog.silent,
          [certificate = ToCertificate(call.env, call[0]), flags = ToUint32(call.env, call[1]),
           dialog] { return AcquireKey(SystemKeyApi(), certificate->get(), flags, dialog); });
  return nullptr;
}

napi_value OpenKey(const Call& call) {
  const KeyDialog dialog = ToKeyDialog(call.env, call[1]);
  PostKey(call, 2, dialog.silent, [location = ToKeyLocation(call.env, call[0]), dialog] {
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
  PostKey(call, 1, request->dialog.silent,
          [request] { return ImportKey(SystemKeyApi(), *request); });
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
  const bool silent = request.dialog.silent;
  PostKey(call, 1, silent,
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
