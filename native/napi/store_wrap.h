// NativeStore of lib/native/store-binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "crypt/store.h"
#include "napi/wrap.h"

namespace schannel {

class StoreWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0x2fa96d04b71c4e83, 0x95e8d3a27c40b16f};

  explicit StoreWrap(std::shared_ptr<const Store> store) : store_(std::move(store)) {}

  [[nodiscard]] static WrapClass Define(napi_env env);

 private:
  napi_value Certificates(const Call& call);
  napi_value Add(const Call& call);
  napi_value Remove(const Call& call);
  napi_value RevocationLists(const Call& call);
  napi_value AddRevocationList(const Call& call);
  napi_value RemoveRevocationList(const Call& call);
  napi_value Commit(const Call& call);
  napi_value Watch(const Call& call);
  napi_value Close(const Call& call);

  // Throws WindowsError after close().
  [[nodiscard]] const std::shared_ptr<const Store>& store() const;

  std::shared_ptr<const Store> store_;  // null once closed
};

// Native.openStore.
napi_value OpenStore(const Call& call);

}  // namespace schannel
