// NativeKey of lib/native/store-binding.ts.
#pragma once

#include "platform/win.h"

#include <memory>
#include <utility>

#include <napi.h>

#include "crypt/private_key.h"
#include "napi/job.h"
#include "napi/wrap.h"

namespace schannel {

class KeyWrap {
 public:
  static constexpr napi_type_tag kTypeTag = {0xd6083e5b2c914fa7, 0xa2741b9ce05fd638};

  KeyWrap(std::shared_ptr<PrivateKey> key, bool silent) : key_(std::move(key)), silent_(silent) {}

  [[nodiscard]] static WrapClass Define(napi_env env);
  [[nodiscard]] static Napi::Value New(Napi::Env env, std::shared_ptr<PrivateKey>& key,
                                       bool silent);

 private:
  napi_value Facts(const Call& call);
  napi_value PublicKey(const Call& call);
  napi_value Sign(const Call& call);
  napi_value Decrypt(const Call& call);
  napi_value ExportPrivate(const Call& call);
  napi_value Security(const Call& call);
  napi_value SetSecurity(const Call& call);
  napi_value Close(const Call& call);

  // Throws WindowsError after close().
  [[nodiscard]] const std::shared_ptr<PrivateKey>& key() const;

  std::shared_ptr<PrivateKey> key_;  // null once closed
  const bool silent_;                // never waits for the user
};

// Starts a job with a key, which waits for the user unless it is silent. The callback is the
// argument with this number.
void PostKeyJob(const Call& call, size_t callback, napi_value owner, std::shared_ptr<Job> job,
                bool silent);

}  // namespace schannel
