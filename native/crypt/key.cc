#include "crypt/key.h"

#include "crypt/capi_key.h"
#include "crypt/cng_key.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

bool IsCng(const KeyLocation& location) {
  if (location.container.empty()) throw WindowsError(E_INVALIDARG, "key without a name");
  return location.provider_type == 0;
}

}  // namespace

std::unique_ptr<PrivateKey> OpenKey(const KeyApi& api, const KeyLocation& location,
                                    const KeyDialog& dialog) {
  return IsCng(location) ? OpenCngKey(api, location, dialog) : OpenCapiKey(api, location, dialog);
}

std::unique_ptr<PrivateKey> ImportKey(const KeyApi& api, const KeyImport& request) {
  return IsCng(request.location) ? ImportCngKey(api, request) : ImportCapiKey(api, request);
}

std::unique_ptr<PrivateKey> GenerateKey(const KeyApi& api, const KeyGeneration& request) {
  return IsCng(request.location) ? GenerateCngKey(api, request) : GenerateCapiKey(api, request);
}

void DeleteKey(const KeyApi& api, const KeyLocation& location) {
  if (IsCng(location)) {
    DeleteCngKey(api, location);
  } else {
    DeleteCapiContainer(api, location);
  }
}

std::vector<std::wstring> ListKeys(const KeyApi& api, const std::wstring& provider,
                                   DWORD provider_type, DWORD flags) {
  return provider_type == 0 ? ListCngKeys(api, provider, flags)
                            : ListCapiContainers(api, provider, provider_type, flags);
}

std::unique_ptr<PrivateKey> AcquireKey(const KeyApi& api, PCCERT_CONTEXT certificate, DWORD flags,
                                       const KeyDialog& dialog) {
  HWND window = dialog.window;
  if (dialog.silent) {
    flags |= CRYPT_ACQUIRE_SILENT_FLAG;
  } else if (window != nullptr) {
    flags |= CRYPT_ACQUIRE_WINDOW_HANDLE_FLAG;  // Windows 8; not together with the silent flag
  }
  HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle = 0;
  DWORD key_spec = 0;
  BOOL owned = FALSE;
  if (!api.acquire_key(certificate, flags,
                       (flags & CRYPT_ACQUIRE_WINDOW_HANDLE_FLAG) != 0 ? &window : nullptr, &handle,
                       &key_spec, &owned)) {
    throw LastError("CryptAcquireCertificatePrivateKey");
  }
  UniqueCertificate keeper;
  if (!owned) keeper.Reset(CertDuplicateCertificateContext(certificate));
  // To be compared, not tested as a bit.
  if (key_spec == CERT_NCRYPT_KEY_SPEC) {
    return std::make_unique<CngKey>(api, UniqueCng({handle, &api.cng, owned != FALSE}), dialog,
                                    std::move(keeper));
  }
  return std::make_unique<CapiKey>(api, UniqueCapiContext({handle, &api.capi, owned != FALSE}),
                                   key_spec, std::move(keeper));
}

}  // namespace schannel
