// Owners of what CNG and CryptoAPI hand out. All count as keys.
#pragma once

#include "platform/win.h"

#include "crypt/key_api.h"
#include "handle/unique_handle.h"

namespace schannel {

// A handle together with the table it came from.
template <typename Handle, typename Api>
struct KeyHandle {
  Handle handle;
  const Api* api;
  bool owned = true;  // false: a certificate context keeps it
};

template <typename Handle, typename Api>
struct KeyHandleTraits {
  using Raw = KeyHandle<Handle, Api>;
  static constexpr HandleKind kKind = HandleKind::kKey;
  static Raw Empty() noexcept { return {0, nullptr}; }
  static bool Valid(const Raw& raw) noexcept { return raw.handle != 0; }
};

// A key storage provider or a key of one.
struct CngTraits : KeyHandleTraits<NCRYPT_HANDLE, CngApi> {
  static void Free(const Raw& raw) noexcept {
    if (raw.owned) raw.api->free_object(raw.handle);
  }
};
using UniqueCng = UniqueHandle<CngTraits>;

// A container of a cryptographic service provider.
struct CapiContextTraits : KeyHandleTraits<HCRYPTPROV, CapiApi> {
  static void Free(const Raw& raw) noexcept {
    if (raw.owned) raw.api->release_context(raw.handle, 0);
  }
};
using UniqueCapiContext = UniqueHandle<CapiContextTraits>;

struct CapiKeyTraits : KeyHandleTraits<HCRYPTKEY, CapiApi> {
  static void Free(const Raw& raw) noexcept { raw.api->destroy_key(raw.handle); }
};
using UniqueCapiKey = UniqueHandle<CapiKeyTraits>;

struct CapiHashTraits : KeyHandleTraits<HCRYPTHASH, CapiApi> {
  static void Free(const Raw& raw) noexcept { raw.api->destroy_hash(raw.handle); }
};
using UniqueCapiHash = UniqueHandle<CapiHashTraits>;

}  // namespace schannel
