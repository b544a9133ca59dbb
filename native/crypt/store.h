// A certificate store that is open.
#pragma once

#include "platform/win.h"

#include <string>
#include <vector>

#include "crypt/store_api.h"
#include "handle/handles.h"
#include "platform/bytes.h"

namespace schannel {

struct StoreRequest {
  DWORD provider = 0;  // CERT_STORE_PROV_*
  DWORD flags = 0;     // CERT_SYSTEM_STORE_* and CERT_STORE_*_FLAG
  std::wstring name;   // not used by a memory store
};

// crypt32 guards it against calls from several threads. Each call may block: behind a store may be
// another computer, and before CurrentUser\Root a dialog. All throw WindowsError.
class Store {
 public:
  Store(const StoreApi& api, const StoreRequest& request);

  [[nodiscard]] HCERTSTORE handle() const noexcept { return store_.get(); }
  [[nodiscard]] const StoreApi& api() const noexcept { return api_; }

  [[nodiscard]] std::vector<UniqueCertificate> Certificates() const;
  // What is in the store then.
  [[nodiscard]] UniqueCertificate Add(PCCERT_CONTEXT certificate, DWORD disposition) const;
  // Deletes this entry; the context stays readable.
  void Remove(PCCERT_CONTEXT certificate) const;
  // DER.
  [[nodiscard]] std::vector<Bytes> RevocationLists() const;
  void AddRevocationList(ByteView encoded, DWORD disposition) const;
  // CRYPT_E_NOT_FOUND if it is not there.
  void RemoveRevocationList(ByteView encoded) const;
  // CERT_STORE_CTRL_*.
  void Control(DWORD flags, DWORD type, const void* parameter) const;

 private:
  const StoreApi& api_;
  UniqueStore store_;
};

}  // namespace schannel
