// Private keys in key storage providers (CNG).
#pragma once

#include "platform/win.h"

#include <memory>
#include <string>
#include <vector>

#include "crypt/key_handle.h"
#include "crypt/key_location.h"
#include "crypt/key_request.h"
#include "crypt/private_key.h"
#include "handle/handles.h"

namespace schannel {

class CngKey : public PrivateKey {
 public:
  // `keeper` is the certificate that a handle not owned belongs to.
  CngKey(const KeyApi& api, UniqueCng key, const KeyDialog& dialog, UniqueCertificate keeper = {});

 private:
  [[nodiscard]] Bytes DoSign(ByteView digest, const SignScheme& scheme) override;
  [[nodiscard]] Secret DoDecrypt(ByteView data, const DecryptScheme& scheme) override;
  [[nodiscard]] Secret DoExport(const ExportForm& form) override;
  [[nodiscard]] Bytes DoSecurity(SECURITY_INFORMATION parts) override;
  void DoSetSecurity(SECURITY_INFORMATION parts, const Bytes& descriptor) override;
  void DoClose() noexcept override;
  [[nodiscard]] KeyFacts ReadFacts() const;

  const CngApi& cng_;
  UniqueCertificate keeper_;
  UniqueCng key_;
  const DWORD silent_;  // NCRYPT_SILENT_FLAG or 0
};

// All throw WindowsError, and leave no key behind when they made one.
[[nodiscard]] std::unique_ptr<PrivateKey> OpenCngKey(const KeyApi& api, const KeyLocation& location,
                                                     const KeyDialog& dialog);
[[nodiscard]] std::unique_ptr<PrivateKey> ImportCngKey(const KeyApi& api, const KeyImport& request);
[[nodiscard]] std::unique_ptr<PrivateKey> GenerateCngKey(const KeyApi& api,
                                                         const KeyGeneration& request);
void DeleteCngKey(const KeyApi& api, const KeyLocation& location);
[[nodiscard]] std::vector<std::wstring> ListCngKeys(const KeyApi& api, const std::wstring& provider,
                                                    DWORD flags);

}  // namespace schannel
