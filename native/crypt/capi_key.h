// Private keys in containers of cryptographic service providers (CryptoAPI): RSA only.
#pragma once

#include "platform/win.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypt/key_handle.h"
#include "crypt/key_location.h"
#include "crypt/key_request.h"
#include "crypt/private_key.h"
#include "handle/handles.h"

namespace schannel {

class CapiKey : public PrivateKey {
 public:
  // `keeper` is the certificate that a handle not owned belongs to. Throws WindowsError when the
  // container has no key for this purpose.
  CapiKey(const KeyApi& api, UniqueCapiContext context, DWORD key_spec,
          UniqueCertificate keeper = {});

 private:
  [[nodiscard]] Bytes DoSign(ByteView digest, const SignScheme& scheme) override;
  [[nodiscard]] Secret DoDecrypt(ByteView data, const DecryptScheme& scheme) override;
  [[nodiscard]] Secret DoExport(const ExportForm& form) override;
  [[nodiscard]] Bytes DoSecurity(SECURITY_INFORMATION parts) override;
  void DoSetSecurity(SECURITY_INFORMATION parts, const Bytes& descriptor) override;
  void DoClose() noexcept override;
  [[nodiscard]] KeyFacts ReadFacts() const;

  const CapiApi& capi_;
  UniqueCertificate keeper_;
  UniqueCapiContext context_;
  const DWORD key_spec_;
  UniqueCapiKey key_;
};

// All throw WindowsError, and leave no container behind when they made one.
[[nodiscard]] std::unique_ptr<PrivateKey> OpenCapiKey(const KeyApi& api,
                                                      const KeyLocation& location,
                                                      const KeyDialog& dialog);
[[nodiscard]] std::unique_ptr<PrivateKey> ImportCapiKey(const KeyApi& api,
                                                        const KeyImport& request);
[[nodiscard]] std::unique_ptr<PrivateKey> GenerateCapiKey(const KeyApi& api,
                                                          const KeyGeneration& request);
void DeleteCapiContainer(const KeyApi& api, const KeyLocation& location);
[[nodiscard]] std::vector<std::wstring> ListCapiContainers(const KeyApi& api,
                                                           const std::wstring& provider,
                                                           DWORD provider_type, DWORD flags);

}  // namespace schannel
