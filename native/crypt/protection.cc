#include "crypt/protection.h"

#include "platform/windows_error.h"

namespace schannel {
namespace {

// Windows reads it only. Its length has 32 bits: a longer secret would be cut without a word.
DATA_BLOB BlobOf(ByteView bytes) {
  const auto size = static_cast<DWORD>(bytes.size);
  if (size != bytes.size) throw WindowsError(E_INVALIDARG, "more than 4 GiB to protect");
  return {size, const_cast<BYTE*>(bytes.data)};
}

// What Windows allocated for an answer, wiped before it is given back.
class AllocatedBlob {
 public:
  explicit AllocatedBlob(const ProtectionApi& api) : api_(api) {}
  AllocatedBlob(const AllocatedBlob&) = delete;
  AllocatedBlob& operator=(const AllocatedBlob&) = delete;
  ~AllocatedBlob() {
    if (blob_.pbData == nullptr) return;
    SecureZeroMemory(blob_.pbData, blob_.cbData);
    api_.free(blob_.pbData);
  }

  [[nodiscard]] DATA_BLOB* out() noexcept { return &blob_; }
  [[nodiscard]] ByteView view() const noexcept { return {blob_.pbData, blob_.cbData}; }

 private:
  const ProtectionApi& api_;
  DATA_BLOB blob_ = {};
};

}  // namespace

Bytes ProtectData(const ProtectionApi& api, ByteView secret, ByteView entropy,
                  ProtectionScope scope) {
  DATA_BLOB in = BlobOf(secret);
  DATA_BLOB more = BlobOf(entropy);
  const DWORD flags = CRYPTPROTECT_UI_FORBIDDEN |
                      (scope == ProtectionScope::kMachine ? DWORD{CRYPTPROTECT_LOCAL_MACHINE} : 0);
  AllocatedBlob out(api);
  if (!api.protect(&in, nullptr, &more, nullptr, nullptr, flags, out.out())) {
    throw LastError("CryptProtectData");
  }
  return out.view().Copy();
}

Secret UnprotectData(const ProtectionApi& api, ByteView data, ByteView entropy) {
  DATA_BLOB in = BlobOf(data);
  DATA_BLOB more = BlobOf(entropy);
  AllocatedBlob out(api);
  if (!api.unprotect(&in, nullptr, &more, nullptr, nullptr, CRYPTPROTECT_UI_FORBIDDEN, out.out())) {
    throw LastError("CryptUnprotectData");
  }
  return Secret(out.view());
}

}  // namespace schannel
