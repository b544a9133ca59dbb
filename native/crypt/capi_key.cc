#include "crypt/capi_key.h"

#include <algorithm>
#include <utility>

#include "platform/windows_error.h"

namespace schannel {
namespace {

constexpr DWORD kExportable =
    NCRYPT_ALLOW_EXPORT_FLAG | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG;  // a CSP knows one policy

DWORD KeysetFlags(const KeyLocation& location, const KeyDialog& dialog) {
  return (location.flags & (CRYPT_MACHINE_KEYSET | CRYPT_SILENT)) |
         (dialog.silent ? CRYPT_SILENT : 0);
}

UniqueCapiContext Acquire(const CapiApi& capi, const KeyLocation& location, DWORD flags) {
  HCRYPTPROV context = 0;
  if (!capi.acquire_context(&context, location.container.c_str(), ProviderName(location.provider),
                            location.provider_type, flags)) {
    throw LastError("CryptAcquireContextW");
  }
  return UniqueCapiContext({context, &capi});
}

void SetWindow(const CapiApi& capi, HCRYPTPROV context, const KeyDialog& dialog) {
  if (dialog.window == nullptr) return;
  const HWND window = dialog.window;
  if (!capi.set_provider_param(context, PP_CLIENT_HWND, reinterpret_cast<const BYTE*>(&window),
                               0)) {
    throw LastError("CryptSetProvParam");
  }
}

UniqueCapiKey UserKey(const CapiApi& capi, HCRYPTPROV context, DWORD key_spec) {
  HCRYPTKEY key = 0;
  if (!capi.get_user_key(context, key_spec, &key)) throw LastError("CryptGetUserKey");
  return UniqueCapiKey({key, &capi});
}

std::optional<DWORD> ProviderNumber(const CapiApi& capi, HCRYPTPROV context, DWORD parameter) {
  DWORD value = 0;
  DWORD size = sizeof(value);
  if (!capi.get_provider_param(context, parameter, reinterpret_cast<BYTE*>(&value), &size, 0)) {
    return {};
  }
  return value;
}

std::optional<DWORD> KeyNumber(const CapiApi& capi, HCRYPTKEY key, DWORD parameter) {
  DWORD value = 0;
  DWORD size = sizeof(value);
  if (!capi.get_key_param(key, parameter, reinterpret_cast<BYTE*>(&value), &size, 0)) return {};
  return value;
}

// A provider's parameters are in the code page of the system.
std::wstring FromAnsi(const char* text) {
  const int length = MultiByteToWideChar(CP_ACP, 0, text, -1, nullptr, 0);
  if (length <= 0) return {};
  std::wstring wide(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_ACP, 0, text, -1, wide.data(), length);
  wide.pop_back();
  return wide;
}

std::optional<std::wstring> ProviderText(const CapiApi& capi, HCRYPTPROV context, DWORD parameter) {
  DWORD size = 0;
  if (!capi.get_provider_param(context, parameter, nullptr, &size, 0)) return {};
  std::string text(size + 1, '\0');
  if (!capi.get_provider_param(context, parameter, reinterpret_cast<BYTE*>(text.data()), &size,
                               0)) {
    return {};
  }
  return FromAnsi(text.c_str());
}

ALG_ID HashAlgorithm(const std::wstring& name) {
  struct Hash {
    const wchar_t* name;
    ALG_ID algorithm;
  };
  static constexpr Hash kHashes[] = {{L"SHA1", CALG_SHA1},
                                     {L"SHA256", CALG_SHA_256},
                                     {L"SHA384", CALG_SHA_384},
                                     {L"SHA512", CALG_SHA_512},
                                     {L"MD5", CALG_MD5}};
  for (const Hash& hash : kHashes) {
    if (name == hash.name) return hash.algorithm;
  }
  throw WindowsError(NTE_NOT_SUPPORTED, "CryptCreateHash");
}

// CryptSetHashParam reads as many bytes as the algorithm has, however many there are.
void CheckDigestSize(const CapiApi& capi, HCRYPTHASH hash, size_t size) {
  DWORD expected = 0;
  DWORD length = sizeof(expected);
  if (!capi.get_hash_param(hash, HP_HASHSIZE, reinterpret_cast<BYTE*>(&expected), &length, 0)) {
    throw LastError("CryptGetHashParam");
  }
  if (size != expected) throw WindowsError(NTE_BAD_HASH, "CryptSetHashParam");
}

UniqueCapiHash MakeHash(const CapiApi& capi, HCRYPTPROV context, const std::wstring& name,
                        ByteView digest) {
  HCRYPTHASH raw = 0;
  if (!capi.create_hash(context, HashAlgorithm(name), 0, 0, &raw)) {
    throw LastError("CryptCreateHash");
  }
  UniqueCapiHash hash({raw, &capi});
  CheckDigestSize(capi, raw, digest.size);
  if (!capi.set_hash_param(raw, HP_HASHVAL, digest.data, 0)) throw LastError("CryptSetHashParam");
  return hash;
}

// Makes a container and fills it; takes it away again when that fails.
template <typename Fill>
std::unique_ptr<PrivateKey> MakeContainer(const KeyApi& api, const KeyLocation& location,
                                          const KeyDialog& dialog, Fill&& fill) {
  UniqueCapiContext context =
      Acquire(api.capi, location, KeysetFlags(location, dialog) | CRYPT_NEWKEYSET);
  try {
    SetWindow(api.capi, context.get().handle, dialog);
    fill(context.get().handle);
    return std::make_unique<CapiKey>(api, std::move(context), location.key_spec);
  } catch (...) {
    context.Reset();
    HCRYPTPROV none = 0;
    api.capi.acquire_context(&none, location.container.c_str(), ProviderName(location.provider),
                             location.provider_type,
                             KeysetFlags(location, dialog) | CRYPT_DELETEKEYSET);
    throw;
  }
}

}  // namespace

CapiKey::CapiKey(const KeyApi& api, UniqueCapiContext context, DWORD key_spec,
                 UniqueCertificate keeper)
    : capi_(api.capi),
      keeper_(std::move(keeper)),
      context_(std::move(context)),
      key_spec_(key_spec),
      key_(UserKey(capi_, context_.get().handle, key_spec)) {
  SetFacts(ReadFacts());
  SetPublicKey(api, context_.get().handle, key_spec);
}

KeyFacts CapiKey::ReadFacts() const {
  const HCRYPTPROV context = context_.get().handle;
  const HCRYPTKEY key = key_.get().handle;
  KeyFacts facts;
  facts.provider = ProviderText(capi_, context, PP_NAME);
  facts.name = ProviderText(capi_, context, PP_CONTAINER);
  facts.unique_name = ProviderText(capi_, context, PP_UNIQUE_CONTAINER);
  facts.provider_type = ProviderNumber(capi_, context, PP_PROVTYPE).value_or(0);
  facts.key_spec = key_spec_;
  const DWORD algorithm = KeyNumber(capi_, key, KP_ALGID).value_or(0);
  if (GET_ALG_TYPE(algorithm) == ALG_TYPE_RSA) facts.algorithm = NCRYPT_RSA_ALGORITHM_GROUP;
  facts.bits = KeyNumber(capi_, key, KP_KEYLEN);
  if (const auto permissions = KeyNumber(capi_, key, KP_PERMISSIONS)) {
    facts.export_policy = (*permissions & CRYPT_EXPORT) != 0 ? kExportable : 0;
  }
  facts.implementation = ProviderNumber(capi_, context, PP_IMPTYPE);
  const DWORD type = ProviderNumber(capi_, context, PP_KEYSET_TYPE).value_or(0);
  facts.machine = (type & CRYPT_MACHINE_KEYSET) != 0;
  return facts;
}

Bytes CapiKey::DoSign(ByteView digest, const SignScheme& scheme) {
  if (scheme.padding != SignPadding::kPkcs1) {
    throw WindowsError(NTE_NOT_SUPPORTED, "CryptSignHashW");
  }
  const UniqueCapiHash hash = MakeHash(capi_, context_.get().handle, scheme.hash, digest);
  DWORD size = 0;
  if (!capi_.sign_hash(hash.get().handle, key_spec_, nullptr, 0, nullptr, &size)) {
    throw LastError("CryptSignHashW");
  }
  Bytes signature(size);
  if (!capi_.sign_hash(hash.get().handle, key_spec_, nullptr, 0, signature.data(), &size)) {
    throw LastError("CryptSignHashW");
  }
  signature.resize(size);
  std::reverse(signature.begin(), signature.end());
  return signature;
}

Secret CapiKey::DoDecrypt(ByteView data, const DecryptScheme& scheme) {
  const bool oaep = scheme.padding == DecryptPadding::kOaep;
  const bool supported = scheme.padding == DecryptPadding::kPkcs1 ||
                         (oaep && scheme.hash == NCRYPT_SHA1_ALGORITHM && scheme.label.empty());
  if (!supported) throw WindowsError(NTE_NOT_SUPPORTED, "CryptDecrypt");
  Secret buffer(data);
  std::reverse(buffer.data(), buffer.data() + buffer.size());
  auto size = static_cast<DWORD>(buffer.size());
  if (!capi_.decrypt(key_.get().handle, 0, TRUE, oaep ? CRYPT_OAEP : 0, buffer.data(), &size)) {
    throw LastError("CryptDecrypt");
  }
  buffer.Shrink(size);
  return buffer;
}

Secret CapiKey::DoExport(const ExportForm& form) {
  if (form.type != L"PRIVATEKEYBLOB" || form.password) {
    throw WindowsError(NTE_NOT_SUPPORTED, "CryptExportKey");
  }
  DWORD size = 0;
  if (!capi_.export_key(key_.get().handle, 0, PRIVATEKEYBLOB, 0, nullptr, &size)) {
    throw LastError("CryptExportKey");
  }
  Secret blob(size);
  if (!capi_.export_key(key_.get().handle, 0, PRIVATEKEYBLOB, 0, blob.data(), &size)) {
    throw LastError("CryptExportKey");
  }
  blob.Shrink(size);
  return blob;
}

Bytes CapiKey::DoSecurity(SECURITY_INFORMATION parts) {
  const HCRYPTPROV context = context_.get().handle;
  DWORD size = 0;
  if (!capi_.get_provider_param(context, PP_KEYSET_SEC_DESCR, nullptr, &size, parts)) {
    throw LastError("CryptGetProvParam");
  }
  Bytes descriptor(size);
  if (!capi_.get_provider_param(context, PP_KEYSET_SEC_DESCR, descriptor.data(), &size, parts)) {
    throw LastError("CryptGetProvParam");
  }
  descriptor.resize(size);
  return descriptor;
}

void CapiKey::DoSetSecurity(SECURITY_INFORMATION parts, const Bytes& descriptor) {
  if (!capi_.set_provider_param(context_.get().handle, PP_KEYSET_SEC_DESCR, descriptor.data(),
                                parts)) {
    throw LastError("CryptSetProvParam");
  }
}

void CapiKey::DoClose() noexcept {
  key_.Reset();
  context_.Reset();
  keeper_.Reset();
}

std::unique_ptr<PrivateKey> OpenCapiKey(const KeyApi& api, const KeyLocation& location,
                                        const KeyDialog& dialog) {
  UniqueCapiContext context = Acquire(api.capi, location, KeysetFlags(location, dialog));
  SetWindow(api.capi, context.get().handle, dialog);
  return std::make_unique<CapiKey>(api, std::move(context), location.key_spec);
}

std::unique_ptr<PrivateKey> ImportCapiKey(const KeyApi& api, const KeyImport& request) {
  if (request.type != L"PRIVATEKEYBLOB") {
    throw WindowsError(NTE_NOT_SUPPORTED, "CryptImportKey");
  }
  return MakeContainer(api, request.location, request.dialog, [&](HCRYPTPROV context) {
    HCRYPTKEY key = 0;
    if (!api.capi.import_key(context, request.blob.data(), static_cast<DWORD>(request.blob.size()),
                             0, request.export_policy != 0 ? CRYPT_EXPORTABLE : 0, &key)) {
      throw LastError("CryptImportKey");
    }
    api.capi.destroy_key(key);
  });
}

std::unique_ptr<PrivateKey> GenerateCapiKey(const KeyApi& api, const KeyGeneration& request) {
  if (request.algorithm != NCRYPT_RSA_ALGORITHM || request.bits > 0xffff) {
    throw WindowsError(NTE_NOT_SUPPORTED, "CryptGenKey");
  }
  return MakeContainer(api, request.location, request.dialog, [&](HCRYPTPROV context) {
    const DWORD flags =
        request.bits << 16 | (request.export_policy != 0 ? DWORD{CRYPT_EXPORTABLE} : 0);
    HCRYPTKEY key = 0;
    if (!api.capi.generate_key(context, request.location.key_spec, flags, &key)) {
      throw LastError("CryptGenKey");
    }
    api.capi.destroy_key(key);
  });
}

void DeleteCapiContainer(const KeyApi& api, const KeyLocation& location) {
  HCRYPTPROV none = 0;
  const DWORD flags = KeysetFlags(location, {true, nullptr}) | CRYPT_DELETEKEYSET;
  if (!api.capi.acquire_context(&none, location.container.c_str(), ProviderName(location.provider),
                                location.provider_type, flags)) {
    throw LastError("CryptAcquireContextW");
  }
}

std::vector<std::wstring> ListCapiContainers(const KeyApi& api, const std::wstring& provider,
                                             DWORD provider_type, DWORD flags) {
  HCRYPTPROV raw = 0;
  if (!api.capi.acquire_context(
          &raw, nullptr, ProviderName(provider), provider_type,
          CRYPT_VERIFYCONTEXT | (flags & (CRYPT_MACHINE_KEYSET | CRYPT_SILENT)))) {
    throw LastError("CryptAcquireContextW");
  }
  const UniqueCapiContext context({raw, &api.capi});
  std::vector<std::wstring> names;
  DWORD longest = 0;
  DWORD position = CRYPT_FIRST;
  bool more = api.capi.get_provider_param(raw, PP_ENUMCONTAINERS, nullptr, &longest, position) != 0;
  std::string name(longest + 1, '\0');
  while (more) {
    DWORD size = longest;
    more = api.capi.get_provider_param(raw, PP_ENUMCONTAINERS, reinterpret_cast<BYTE*>(name.data()),
                                       &size, position) != 0;
    if (more) names.push_back(FromAnsi(name.c_str()));
    position = CRYPT_NEXT;
  }
  const DWORD error = GetLastError();
  if (error != ERROR_NO_MORE_ITEMS) {
    throw WindowsError(static_cast<LONG>(error), "CryptGetProvParam");
  }
  return names;
}

}  // namespace schannel
