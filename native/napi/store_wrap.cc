#include "napi/store_wrap.h"

#include <iterator>
#include <vector>

#include "crypt/store_watch.h"
#include "napi/addon_data.h"
#include "napi/certificate_wrap.h"
#include "napi/convert.h"
#include "napi/outcome_job.h"
#include "napi/store_watch_wrap.h"
#include "worker/released_on_worker.h"

namespace schannel {
namespace {

using SharedStore = std::shared_ptr<const Store>;
using SharedWatch = std::shared_ptr<StoreWatch>;

Napi::Value FromStore(Napi::Env env, SharedStore& store) {
  auto wrap = std::make_unique<StoreWrap>(std::move(store));
  return {env, AddonData::Of(env).store_class.New(env, std::move(wrap))};
}

Napi::Value FromCertificates(Napi::Env env, std::vector<UniqueCertificate>& certificates) {
  Napi::Array array = Napi::Array::New(env, certificates.size());
  for (uint32_t index = 0; index < certificates.size(); ++index) {
    // There may be thousands, and each value would otherwise stay on the stack of handles.
    const Napi::HandleScope scope(env);
    array.Set(index, CertificateWrap::New(env, std::move(certificates[index])));
  }
  return array;
}

Napi::Value FromCertificate(Napi::Env env, UniqueCertificate& certificate) {
  return CertificateWrap::New(env, std::move(certificate));
}

Napi::Value FromWatch(Napi::Env env, SharedWatch& watch) {
  auto wrap = std::make_unique<StoreWatchWrap>(std::move(watch));
  return {env, AddonData::Of(env).store_watch_class.New(env, std::move(wrap))};
}

}  // namespace

WrapClass StoreWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {
      Method<StoreWrap, &StoreWrap::Certificates>("certificates"),
      Method<StoreWrap, &StoreWrap::Add>("add"),
      Method<StoreWrap, &StoreWrap::Remove>("remove"),
      Method<StoreWrap, &StoreWrap::RevocationLists>("revocationLists"),
      Method<StoreWrap, &StoreWrap::AddRevocationList>("addRevocationList"),
      Method<StoreWrap, &StoreWrap::RemoveRevocationList>("removeRevocationList"),
      Method<StoreWrap, &StoreWrap::Commit>("commit"),
      Method<StoreWrap, &StoreWrap::Watch>("watch"),
      Method<StoreWrap, &StoreWrap::Close>("close"),
  };
  return WrapClass(env, "Store", members, std::size(members));
}

const SharedStore& StoreWrap::store() const {
  if (store_ == nullptr) throw WindowsError(SEC_E_INVALID_HANDLE, "store is closed");
  return store_;
}

napi_value StoreWrap::Certificates(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::vector<UniqueCertificate>>>(
      [store = store()] { return store->Certificates(); }, &FromCertificates);
  AddonData::Of(call.env).dispatcher.Post(call[0], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::Add(const Call& call) {
  const uint32_t disposition = ToUint32(call.env, call[1]);
  auto job = std::make_shared<OutcomeJob<UniqueCertificate>>(
      [store = store(), certificate = ToCertificate(call.env, call[0]), disposition] {
        return store->Add(certificate->get(), disposition);
      },
      &FromCertificate);
  AddonData::Of(call.env).dispatcher.Post(call[2], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::Remove(const Call& call) {
  auto job =
      std::make_shared<EndJob>([store = store(), certificate = ToCertificate(call.env, call[0])] {
        store->Remove(certificate->get());
      });
  AddonData::Of(call.env).dispatcher.Post(call[1], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::RevocationLists(const Call& call) {
  auto job = std::make_shared<OutcomeJob<std::vector<Bytes>>>(
      [store = store()] { return store->RevocationLists(); }, &FromBytesList);
  AddonData::Of(call.env).dispatcher.Post(call[0], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::AddRevocationList(const Call& call) {
  const uint32_t disposition = ToUint32(call.env, call[1]);
  auto job =
      std::make_shared<EndJob>([store = store(), encoded = ToBytes(call.env, call[0]),
                                disposition] { store->AddRevocationList(encoded, disposition); });
  AddonData::Of(call.env).dispatcher.Post(call[2], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::RemoveRevocationList(const Call& call) {
  auto job = std::make_shared<EndJob>([store = store(), encoded = ToBytes(call.env, call[0])] {
    store->RemoveRevocationList(encoded);
  });
  AddonData::Of(call.env).dispatcher.Post(call[1], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::Commit(const Call& call) {
  const uint32_t flags = ToUint32(call.env, call[0]);
  auto job = std::make_shared<EndJob>(
      [store = store(), flags] { store->Control(flags, CERT_STORE_CTRL_COMMIT, nullptr); });
  AddonData::Of(call.env).dispatcher.Post(call[1], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::Watch(const Call& call) {
  auto job = std::make_shared<OutcomeJob<SharedWatch>>(
      [store = store()] { return MakeReleasedOnWorker<StoreWatch>(store); }, &FromWatch);
  AddonData::Of(call.env).dispatcher.Post(call[0], call.self, std::move(job));
  return nullptr;
}

napi_value StoreWrap::Close(const Call& call) {
  if (IsUndefined(call.env, call[0])) {
    store_.reset();
    return nullptr;
  }
  // The job has the only reference, if nobody else has one, and drops it as it runs.
  auto job = std::make_shared<EndJob>([store = std::move(store_)] {});
  store_.reset();
  AddonData::Of(call.env).dispatcher.Post(call[0], call.self, std::move(job));
  return nullptr;
}

napi_value OpenStore(const Call& call) {
  const auto property = [&call](const char* name) { return GetProperty(call.env, call[0], name); };
  StoreRequest request;
  request.provider = ToUint32(call.env, property("provider"));
  request.flags = ToUint32(call.env, property("flags"));
  request.name = ToWide(call.env, property("name"));
  auto job = std::make_shared<OutcomeJob<SharedStore>>(
      [request = std::move(request)]() -> SharedStore {
        return MakeReleasedOnWorker<Store>(kSystemStoreApi, request);
      },
      &FromStore);
  AddonData::Of(call.env).dispatcher.Post(call[1], nullptr, std::move(job));
  return nullptr;
}

}  // namespace schannel
