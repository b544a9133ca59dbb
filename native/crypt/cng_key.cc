#include "crypt/cng_key.h"

#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr wchar_t kPkcs8[] = L"PKCS8_PRIVATEKEY";

void Check(SECURITY_STATUS status, const char* syscall) {
  if (status != ERROR_SUCCESS) throw WindowsError(status, syscall);
}

// Memory that CNG gave.
class CngBuffer {
 public:
  explicit CngBuffer(const CngApi& cng, void* memory = nullptr) noexcept
      : cng_(cng), memory_(memory) {}
  CngBuffer(const CngBuffer&) = delete;
  CngBuffer& operator=(const CngBuffer&) = delete;
  ~CngBuffer() {
    if (memory_ != nullptr) cng_.free_buffer(memory_);
  }

  [[nodiscard]] void** out() noexcept { return &memory_; }

 private:
  const CngApi& cng_;
  void* memory_;
};

DWORD SilentFlag(const KeyDialog& dialog) { return dialog.silent ? NCRYPT_SILENT_FLAG : 0; }

DWORD MachineFlag(DWORD flags) {
  return (flags & CRYPT_MACHINE_KEYSET) != 0 ? NCRYPT_MACHINE_KEY_FLAG : 0;
}

UniqueCng OpenProvider(const CngApi& cng, const std::wstring& name) {
  NCRYPT_PROV_HANDLE provider = 0;
  Check(cng.open_provider(&provider, ProviderName(name), 0), "NCryptOpenStorageProvider");
  return UniqueCng({provider, &cng});
}

// Without an owner window, a dialog may be hidden behind others.
void SetWindow(const CngApi& cng, NCRYPT_HANDLE object, const KeyDialog& dialog) {
  if (dialog.window == nullptr) return;
  HWND window = dialog.window;
  Check(cng.set_property(object, NCRYPT_WINDOW_HANDLE_PROPERTY, reinterpret_cast<PBYTE>(&window),
                         sizeof(window), 0),
        "NCryptSetProperty");
}

void SetNumber(const CngApi& cng, NCRYPT_HANDLE key, const wchar_t* name, DWORD value) {
  Check(cng.set_property(key, name, reinterpret_cast<PBYTE>(&value), sizeof(value), 0),
        "NCryptSetProperty");
}

// Providers of hardware may have no such policy; their keys do not leave anyway.
void SetExportPolicy(const CngApi& cng, NCRYPT_KEY_HANDLE key, DWORD policy) {
  const SECURITY_STATUS status = cng.set_property(
      key, NCRYPT_EXPORT_POLICY_PROPERTY, reinterpret_cast<PBYTE>(&policy), sizeof(policy), 0);
  if (policy != 0 || status != NTE_NOT_SUPPORTED) Check(status, "NCryptSetProperty");
}

std::optional<DWORD> Number(const CngApi& cng, NCRYPT_HANDLE object, const wchar_t* name) {
  DWORD value = 0;
  DWORD size = 0;
  const SECURITY_STATUS status = cng.get_property(object, name, reinterpret_cast<PBYTE>(&value),
                                                  sizeof(value), &size, NCRYPT_SILENT_FLAG);
  if (status != ERROR_SUCCESS || size != sizeof(value)) return {};
  return value;
}

std::optional<std::wstring> Text(const CngApi& cng, NCRYPT_HANDLE object, const wchar_t* name) {
  DWORD size = 0;
  if (cng.get_property(object, name, nullptr, 0, &size, NCRYPT_SILENT_FLAG) != ERROR_SUCCESS) {
    return {};
  }
  std::wstring text(size / sizeof(wchar_t), L'\0');
  if (cng.get_property(object, name, reinterpret_cast<PBYTE>(text.data()),
                       static_cast<DWORD>(text.size() * sizeof(wchar_t)), &size,
                       NCRYPT_SILENT_FLAG) != ERROR_SUCCESS) {
    return {};
  }
  return std::wstring(text.c_str());
}

UniqueCng ProviderOf(const CngApi& cng, NCRYPT_HANDLE key) {
  NCRYPT_PROV_HANDLE provider = 0;
  DWORD size = 0;
  const SECURITY_STATUS status =
      cng.get_property(key, NCRYPT_PROVIDER_HANDLE_PROPERTY, reinterpret_cast<PBYTE>(&provider),
                       sizeof(provider), &size, NCRYPT_SILENT_FLAG);
  return status == ERROR_SUCCESS ? UniqueCng({provider, &cng}) : UniqueCng();
}

// What a function of CNG writes in two calls, the first of which tells the size.
template <typename Output, typename Function>
Output CallTwice(const char* syscall, Function&& function) {
  DWORD size = 0;
  Check(function(nullptr, 0, &size), syscall);
  Output output(size);
  Check(function(output.data(), size, &size), syscall);
  return output;
}

// NCryptImportKey and NCryptExportKey know their extra arguments by a list of typed buffers.
NCryptBuffer Parameter(ULONG type, const void* data, size_t size) {
  return {static_cast<ULONG>(size), type, const_cast<void*>(data)};
}

NCRYPT_KEY_HANDLE ImportPkcs8(const CngApi& cng, NCRYPT_PROV_HANDLE provider,
                              const KeyImport& request, DWORD flags) {
  const std::wstring& name = request.location.container;
  NCryptBuffer buffer =
      Parameter(NCRYPTBUFFER_PKCS_KEY_NAME, name.c_str(), (name.size() + 1) * sizeof(wchar_t));
  NCryptBufferDesc parameters = {NCRYPTBUFFER_VERSION, 1, &buffer};
  NCRYPT_KEY_HANDLE key = 0;
  Check(
      cng.import_key(provider, 0, kPkcs8, &parameters, &key, const_cast<PBYTE>(request.blob.data()),
                     static_cast<DWORD>(request.blob.size()), flags | NCRYPT_DO_NOT_FINALIZE_FLAG),
      "NCryptImportKey");
  return key;
}

NCRYPT_KEY_HANDLE CreateKey(const CngApi& cng, NCRYPT_PROV_HANDLE provider,
                            const std::wstring& algorithm, const KeyLocation& location) {
  NCRYPT_KEY_HANDLE key = 0;
  Check(cng.create_key(provider, &key, algorithm.c_str(), location.container.c_str(),
                       location.key_spec, MachineFlag(location.flags)),
        "NCryptCreatePersistedKey");
  return key;
}

// The last step: until then the key is not stored, and freeing the handle is the end of it. After
// that, it is taken away again when something fails.
std::unique_ptr<PrivateKey> Finalize(const KeyApi& api, UniqueCng key, const KeyLocation& location,
                                     const KeyDialog& dialog, DWORD export_policy) {
  SetExportPolicy(api.cng, key.get().handle, export_policy);
  SetWindow(api.cng, key.get().handle, dialog);
  Check(api.cng.finalize_key(key.get().handle, SilentFlag(dialog)), "NCryptFinalizeKey");
  try {
    return std::make_unique<CngKey>(api, std::move(key), dialog);
  } catch (...) {
    key.Reset();
    try {
      DeleteCngKey(api, location);
    } catch (const WindowsError&) {
      // What failed first is told.
    }
    throw;
  }
}

void* PaddingOf(const SignScheme& scheme, BCRYPT_PKCS1_PADDING_INFO& pkcs1,
                BCRYPT_PSS_PADDING_INFO& pss) {
  const wchar_t* const hash = scheme.hash.empty() ? nullptr : scheme.hash.c_str();
  switch (scheme.padding) {
    case SignPadding::kPkcs1:
      pkcs1.pszAlgId = hash;
      return &pkcs1;
    case SignPadding::kPss:
      pss.pszAlgId = hash;
      pss.cbSalt = scheme.salt_length;
      return &pss;
    case SignPadding::kNone:
      break;
  }
  return nullptr;
}

DWORD PaddingFlag(SignPadding padding) {
  switch (padding) {
    case SignPadding::kPkcs1:
      return NCRYPT_PAD_PKCS1_FLAG;
    case SignPadding::kPss:
      return NCRYPT_PAD_PSS_FLAG;
    case SignPadding::kNone:
      break;
  }
  return 0;
}

DWORD PaddingFlag(DecryptPadding padding) {
  switch (padding) {
    case DecryptPadding::kPkcs1:
      return NCRYPT_PAD_PKCS1_FLAG;
    case DecryptPadding::kOaep:
      return NCRYPT_PAD_OAEP_FLAG;
    case DecryptPadding::kNone:
      break;
  }
  return NCRYPT_NO_PADDING_FLAG;
}

// CRYPT_PKCS12_PBE_PARAMS, with the salt where Windows looks for it: right behind.
struct PbeParameters {
  CRYPT_PKCS12_PBE_PARAMS fixed;
  uint8_t salt[8];
};

}  // namespace

CngKey::CngKey(const KeyApi& api, UniqueCng key, const KeyDialog& dialog, UniqueCertificate keeper)
    : cng_(api.cng), keeper_(std::move(keeper)), key_(std::move(key)), silent_(SilentFlag(dialog)) {
  SetFacts(ReadFacts());
  SetPublicKey(api, key_.get().handle, 0);
}

KeyFacts CngKey::ReadFacts() const {
  const NCRYPT_HANDLE key = key_.get().handle;
  KeyFacts facts;
  facts.cng = true;
  facts.name = Text(cng_, key, NCRYPT_NAME_PROPERTY);
  facts.unique_name = Text(cng_, key, NCRYPT_UNIQUE_NAME_PROPERTY);
  facts.algorithm = Text(cng_, key, NCRYPT_ALGORITHM_GROUP_PROPERTY);
  facts.bits = Number(cng_, key, NCRYPT_LENGTH_PROPERTY);
  facts.export_policy = Number(cng_, key, NCRYPT_EXPORT_POLICY_PROPERTY);
  const DWORD type = Number(cng_, key, NCRYPT_KEY_TYPE_PROPERTY).value_or(0);
  facts.machine = (type & NCRYPT_MACHINE_KEY_FLAG) != 0;
  if (const UniqueCng provider = ProviderOf(cng_, key)) {
    facts.provider = Text(cng_, provider.get().handle, NCRYPT_NAME_PROPERTY);
    facts.implementation = Number(cng_, provider.get().handle, NCRYPT_IMPL_TYPE_PROPERTY);
  }
  return facts;
}

Bytes CngKey::DoSign(ByteView digest, const SignScheme& scheme) {
  BCRYPT_PKCS1_PADDING_INFO pkcs1 = {};
  BCRYPT_PSS_PADDING_INFO pss = {};
  void* const padding = PaddingOf(scheme, pkcs1, pss);
  const DWORD flags = PaddingFlag(scheme.padding) | silent_;
  DWORD written = 0;
  auto signature = CallTwice<Bytes>("NCryptSignHash", [&](PBYTE output, DWORD size, DWORD* result) {
    const SECURITY_STATUS status =
        cng_.sign_hash(key_.get().handle, padding, const_cast<PBYTE>(digest.data),
                       static_cast<DWORD>(digest.size), output, size, result, flags);
    written = *result;
    return status;
  });
  signature.resize(written);
  return signature;
}

Secret CngKey::DoDecrypt(ByteView data, const DecryptScheme& scheme) {
  BCRYPT_OAEP_PADDING_INFO oaep = {};
  oaep.pszAlgId = scheme.hash.c_str();
  oaep.pbLabel = scheme.label.empty() ? nullptr : const_cast<PUCHAR>(scheme.label.data());
  oaep.cbLabel = static_cast<ULONG>(scheme.label.size());
  void* const padding = scheme.padding == DecryptPadding::kOaep ? &oaep : nullptr;
  const DWORD flags = PaddingFlag(scheme.padding) | silent_;
  DWORD written = 0;
  auto plaintext = CallTwice<Secret>("NCryptDecrypt", [&](PBYTE output, DWORD size, DWORD* result) {
    const SECURITY_STATUS status =
        cng_.decrypt(key_.get().handle, const_cast<PBYTE>(data.data), static_cast<DWORD>(data.size),
                     padding, output, size, result, flags);
    written = *result;
    return status;
  });
  plaintext.Shrink(written);
  return plaintext;
}

Secret CngKey::DoExport(const ExportForm& form) {
  static constexpr char kAlgorithm[] = szOID_PKCS_12_pbeWithSHA1And3KeyTripleDES;
  PbeParameters pbe = {};
  NCryptBuffer buffers[3] = {};
  NCryptBufferDesc parameters = {NCRYPTBUFFER_VERSION, 0, buffers};
  if (form.password) {
    pbe.fixed = {form.iterations, sizeof(pbe.salt)};
    Check(BCryptGenRandom(nullptr, pbe.salt, sizeof(pbe.salt), BCRYPT_USE_SYSTEM_PREFERRED_RNG),
          "BCryptGenRandom");
    buffers[0] = Parameter(NCRYPTBUFFER_PKCS_SECRET, form.password->data(), form.password->size());
    buffers[1] = Parameter(NCRYPTBUFFER_PKCS_ALG_OID, kAlgorithm, sizeof(kAlgorithm));
    buffers[2] = Parameter(NCRYPTBUFFER_PKCS_ALG_PARAM, &pbe, sizeof(pbe));
    parameters.cBuffers = static_cast<ULONG>(std::size(buffers));
  }
  DWORD written = 0;
  auto blob = CallTwice<Secret>("NCryptExportKey", [&](PBYTE output, DWORD size, DWORD* result) {
    const SECURITY_STATUS status =
        cng_.export_key(key_.get().handle, 0, form.type.c_str(),
                        form.password ? &parameters : nullptr, output, size, result, silent_);
    written = *result;
    return status;
  });
  blob.Shrink(written);
  return blob;
}

Bytes CngKey::DoSecurity(SECURITY_INFORMATION parts) {
  DWORD written = 0;
  auto descriptor =
      CallTwice<Bytes>("NCryptGetProperty", [&](PBYTE output, DWORD size, DWORD* result) {
        const SECURITY_STATUS status =
            cng_.get_property(key_.get().handle, NCRYPT_SECURITY_DESCR_PROPERTY, output, size,
                              result, parts | NCRYPT_SILENT_FLAG);
        written = *result;
        return status;
      });
  descriptor.resize(written);
  return descriptor;
}

void CngKey::DoSetSecurity(SECURITY_INFORMATION parts, const Bytes& descriptor) {
  Check(
      cng_.set_property(key_.get().handle, NCRYPT_SECURITY_DESCR_PROPERTY,
                        const_cast<PBYTE>(descriptor.data()), static_cast<DWORD>(descriptor.size()),
                        parts | NCRYPT_PERSIST_FLAG | NCRYPT_SILENT_FLAG),
      "NCryptSetProperty");
}

void CngKey::DoClose() noexcept {
  key_.Reset();
  keeper_.Reset();
}

std::unique_ptr<PrivateKey> OpenCngKey(const KeyApi& api, const KeyLocation& location,
                                       const KeyDialog& dialog) {
  const UniqueCng provider = OpenProvider(api.cng, location.provider);
  SetWindow(api.cng, provider.get().handle, dialog);
  NCRYPT_KEY_HANDLE key = 0;
  Check(api.cng.open_key(provider.get().handle, &key, location.container.c_str(), location.key_spec,
                         MachineFlag(location.flags) | SilentFlag(dialog)),
        "NCryptOpenKey");
  UniqueCng owned({key, &api.cng});
  SetWindow(api.cng, key, dialog);
  return std::make_unique<CngKey>(api, std::move(owned), dialog);
}

std::unique_ptr<PrivateKey> ImportCngKey(const KeyApi& api, const KeyImport& request) {
  const CngApi& cng = api.cng;
  const UniqueCng provider = OpenProvider(cng, request.location.provider);
  if (request.type == kPkcs8) {
    const DWORD flags = MachineFlag(request.location.flags) | SilentFlag(request.dialog);
    UniqueCng key({ImportPkcs8(cng, provider.get().handle, request, flags), &cng});
    return Finalize(api, std::move(key), request.location, request.dialog, request.export_policy);
  }
  UniqueCng key({CreateKey(cng, provider.get().handle, request.algorithm, request.location), &cng});
  // A blob as a property is how a key under a name comes from one ("Key Import and Export").
  Check(cng.set_property(key.get().handle, request.type.c_str(),
                         const_cast<PBYTE>(request.blob.data()),
                         static_cast<DWORD>(request.blob.size()), 0),
        "NCryptSetProperty");
  return Finalize(api, std::move(key), request.location, request.dialog, request.export_policy);
}

std::unique_ptr<PrivateKey> GenerateCngKey(const KeyApi& api, const KeyGeneration& request) {
  const UniqueCng provider = OpenProvider(api.cng, request.location.provider);
  UniqueCng key(
      {CreateKey(api.cng, provider.get().handle, request.algorithm, request.location), &api.cng});
  if (request.bits != 0) {
    SetNumber(api.cng, key.get().handle, NCRYPT_LENGTH_PROPERTY, request.bits);
  }
  return Finalize(api, std::move(key), request.location, request.dialog, request.export_policy);
}

void DeleteCngKey(const KeyApi& api, const KeyLocation& location) {
  const UniqueCng provider = OpenProvider(api.cng, location.provider);
  NCRYPT_KEY_HANDLE key = 0;
  Check(api.cng.open_key(provider.get().handle, &key, location.container.c_str(), location.key_spec,
                         MachineFlag(location.flags) | NCRYPT_SILENT_FLAG),
        "NCryptOpenKey");
  const SECURITY_STATUS status = api.cng.delete_key(key, NCRYPT_SILENT_FLAG);
  // The handle goes with the key, but stays when the key does ("NCryptDeleteKey function").
  if (status != ERROR_SUCCESS) api.cng.free_object(key);
  Check(status, "NCryptDeleteKey");
}

std::vector<std::wstring> ListCngKeys(const KeyApi& api, const std::wstring& provider,
                                      DWORD flags) {
  const UniqueCng owned = OpenProvider(api.cng, provider);
  const DWORD enumeration = MachineFlag(flags) | NCRYPT_SILENT_FLAG;
  std::vector<std::wstring> names;
  CngBuffer state(api.cng);
  SECURITY_STATUS status = ERROR_SUCCESS;
  for (;;) {
    NCryptKeyName* name = nullptr;
    status = api.cng.enum_keys(owned.get().handle, nullptr, &name, state.out(), enumeration);
    if (status != ERROR_SUCCESS) break;
    const CngBuffer owned_name(api.cng, name);
    names.emplace_back(name->pszName);
  }
  if (status != NTE_NO_MORE_ITEMS) throw WindowsError(status, "NCryptEnumKeys");
  return names;
}

}  // namespace schannel
