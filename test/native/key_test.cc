// Private keys: what CNG and CryptoAPI are asked, and what is made of their answers. Wine keeps no
// CNG key and has no elliptic curves, machine keys or PIN dialogs: here a script does.
#include "platform/win.h"

#include "crypt/key.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "crypt/certificate.h"
#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/certificate.h"
#include "support/faults.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::DecryptPadding;
using schannel::DecryptScheme;
using schannel::ExportForm;
using schannel::HandleKind;
using schannel::KeyApi;
using schannel::KeyDialog;
using schannel::KeyGeneration;
using schannel::KeyImport;
using schannel::KeyLocation;
using schannel::LiveHandles;
using schannel::PrivateKey;
using schannel::Secret;
using schannel::SignPadding;
using schannel::SignScheme;

namespace {

// Handles, memory and calls of both interfaces. Functions in a table have no object: there is one
// script for all.
struct Script {
  // What fails, by the function's name.
  std::map<std::string, LONG> failures;
  // Properties that a provider does not let set.
  std::map<std::wstring, LONG> fixed;
  // Properties by name, as bytes.
  std::map<std::wstring, Bytes> properties;
  std::vector<std::wstring> stored = {L"first", L"second"};
  Bytes output = {1, 2, 3, 4};

  // What happened.
  std::vector<std::string> calls;
  std::map<std::string, DWORD> flags;  // of the last call
  std::map<std::wstring, Bytes> written;
  std::wstring name;
  const wchar_t* provider = nullptr;
  std::wstring algorithm;
  std::wstring hash;
  ULONG salt = 0;
  bool padded = false;
  Bytes label;
  std::map<ULONG, Bytes> parameters;
  HWND acquire_window = nullptr;
  bool acquire_owned = true;
  DWORD acquire_spec = CERT_NCRYPT_KEY_SPEC;

  std::set<ULONG_PTR> handles;
  std::set<void*> buffers;
  ULONG_PTR next_handle = 100;
  std::string violation;

  ULONG_PTR Open() {
    handles.insert(next_handle);
    return next_handle++;
  }
  void Close(ULONG_PTR handle) {
    if (handles.erase(handle) == 0) violation = "a handle was freed twice";
  }
  LONG Call(const std::string& function, DWORD function_flags) {
    calls.push_back(function);
    flags[function] = function_flags;
    const auto failure = failures.find(function);
    return failure == failures.end() ? ERROR_SUCCESS : failure->second;
  }
  [[nodiscard]] bool Called(const std::string& function) const {
    return std::find(calls.begin(), calls.end(), function) != calls.end();
  }
};

Script* script = nullptr;

Bytes BytesOf(const void* data, size_t size) {
  const auto* const bytes = static_cast<const uint8_t*>(data);
  return Bytes(bytes, bytes + size);
}

Bytes TextBytes(const std::wstring& text) {
  return BytesOf(text.c_str(), (text.size() + 1) * sizeof(wchar_t));
}

Bytes NumberBytes(DWORD number) { return BytesOf(&number, sizeof(number)); }

SECURITY_STATUS Give(const Bytes& value, PBYTE output, DWORD size, DWORD* written) {
  *written = static_cast<DWORD>(value.size());
  if (output == nullptr) return ERROR_SUCCESS;
  if (size < value.size()) return NTE_BUFFER_TOO_SMALL;
  std::memcpy(output, value.data(), value.size());
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI OpenProvider(NCRYPT_PROV_HANDLE* provider, LPCWSTR name, DWORD flags) {
  script->provider = name;
  const LONG status = script->Call("OpenStorageProvider", flags);
  if (status == ERROR_SUCCESS) *provider = script->Open();
  return status;
}

SECURITY_STATUS WINAPI OpenKeyByName(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE* key, LPCWSTR name,
                                     DWORD, DWORD flags) {
  const LONG status = script->Call("OpenKey", flags);
  script->name = name;
  if (status == ERROR_SUCCESS) *key = script->Open();
  return status;
}

SECURITY_STATUS WINAPI CreateKey(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE* key, LPCWSTR algorithm,
                                 LPCWSTR name, DWORD, DWORD flags) {
  const LONG status = script->Call("CreatePersistedKey", flags);
  script->algorithm = algorithm;
  script->name = name;
  if (status == ERROR_SUCCESS) *key = script->Open();
  return status;
}

void TakeParameters(const NCryptBufferDesc* list) {
  if (list == nullptr) return;
  for (ULONG index = 0; index < list->cBuffers; ++index) {
    const NCryptBuffer& buffer = list->pBuffers[index];
    script->parameters[buffer.BufferType] = BytesOf(buffer.pvBuffer, buffer.cbBuffer);
  }
}

SECURITY_STATUS WINAPI ImportBlob(NCRYPT_PROV_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR type,
                                  NCryptBufferDesc* list, NCRYPT_KEY_HANDLE* key, PBYTE data,
                                  DWORD size, DWORD flags) {
  const LONG status = script->Call("ImportKey", flags);
  TakeParameters(list);
  script->written[type] = BytesOf(data, size);
  if (status == ERROR_SUCCESS) *key = script->Open();
  return status;
}

SECURITY_STATUS WINAPI FinalizeKey(NCRYPT_KEY_HANDLE, DWORD flags) {
  return script->Call("FinalizeKey", flags);
}

SECURITY_STATUS WINAPI DeleteByHandle(NCRYPT_KEY_HANDLE key, DWORD flags) {
  const LONG status = script->Call("DeleteKey", flags);
  if (status == ERROR_SUCCESS) script->Close(key);  // Windows frees the handle with the key
  return status;
}

SECURITY_STATUS WINAPI EnumKeys(NCRYPT_PROV_HANDLE, LPCWSTR, NCryptKeyName** name, PVOID* state,
                                DWORD flags) {
  LONG status = script->Call("EnumKeys", flags);
  if (*state == nullptr) {
    *state = new size_t(0);
    script->buffers.insert(*state);
  }
  size_t& position = *static_cast<size_t*>(*state);
  if (status != ERROR_SUCCESS && position == 1) return status;
  if (position == script->stored.size()) return NTE_NO_MORE_ITEMS;
  auto* const entry = new NCryptKeyName{};
  entry->pszName = script->stored[position++].data();
  script->buffers.insert(entry);
  *name = entry;
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI FreeBuffer(PVOID buffer) {
  if (script->buffers.erase(buffer) == 0) script->violation = "memory was freed twice";
  ::operator delete(buffer);
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI GetProperty(NCRYPT_HANDLE, LPCWSTR name, PBYTE output, DWORD size,
                                   DWORD* written, DWORD flags) {
  script->flags["GetProperty"] = flags;
  if (std::wstring(name) == NCRYPT_PROVIDER_HANDLE_PROPERTY) {
    const NCRYPT_PROV_HANDLE provider = script->Open();
    return Give(BytesOf(&provider, sizeof(provider)), output, size, written);
  }
  const auto property = script->properties.find(name);
  if (property == script->properties.end()) return NTE_NOT_FOUND;
  return Give(property->second, output, size, written);
}

SECURITY_STATUS WINAPI SetProperty(NCRYPT_HANDLE, LPCWSTR name, PBYTE data, DWORD size,
                                   DWORD flags) {
  const LONG status = script->Call("SetProperty", flags);
  const auto fixed = script->fixed.find(name);
  if (fixed != script->fixed.end()) return fixed->second;
  script->written[name] = BytesOf(data, size);
  return status;
}

SECURITY_STATUS WINAPI SignHash(NCRYPT_KEY_HANDLE, VOID* padding, PBYTE, DWORD, PBYTE output,
                                DWORD size, DWORD* written, DWORD flags) {
  const LONG status = script->Call("SignHash", flags);
  script->padded = padding != nullptr;
  if ((flags & NCRYPT_PAD_PSS_FLAG) != 0) {
    const auto& pss = *static_cast<const BCRYPT_PSS_PADDING_INFO*>(padding);
    script->hash = pss.pszAlgId;
    script->salt = pss.cbSalt;
  } else if ((flags & NCRYPT_PAD_PKCS1_FLAG) != 0) {
    const auto& pkcs1 = *static_cast<const BCRYPT_PKCS1_PADDING_INFO*>(padding);
    script->hash = pkcs1.pszAlgId == nullptr ? L"(none)" : pkcs1.pszAlgId;
  }
  if (status != ERROR_SUCCESS) return status;
  const SECURITY_STATUS given = Give(script->output, output, size, written);
  // Only an estimate, as for some smart cards.
  if (output == nullptr) *written += 8;
  return given;
}

SECURITY_STATUS WINAPI DecryptBlock(NCRYPT_KEY_HANDLE, PBYTE, DWORD, VOID* padding, PBYTE output,
                                    DWORD size, DWORD* written, DWORD flags) {
  const LONG status = script->Call("Decrypt", flags);
  script->padded = padding != nullptr;
  if ((flags & NCRYPT_PAD_OAEP_FLAG) != 0) {
    const auto& oaep = *static_cast<const BCRYPT_OAEP_PADDING_INFO*>(padding);
    script->hash = oaep.pszAlgId;
    script->label = BytesOf(oaep.pbLabel, oaep.cbLabel);
  }
  if (status != ERROR_SUCCESS) return status;
  const SECURITY_STATUS given = Give(script->output, output, size, written);
  if (output == nullptr) *written += 8;
  return given;
}

SECURITY_STATUS WINAPI ExportBlob(NCRYPT_KEY_HANDLE, NCRYPT_KEY_HANDLE, LPCWSTR type,
                                  NCryptBufferDesc* list, PBYTE output, DWORD size, DWORD* written,
                                  DWORD flags) {
  const LONG status = script->Call("ExportKey", flags);
  script->algorithm = type;
  TakeParameters(list);
  return status != ERROR_SUCCESS ? status : Give(script->output, output, size, written);
}

SECURITY_STATUS WINAPI FreeObject(NCRYPT_HANDLE handle) {
  script->Close(handle);
  return ERROR_SUCCESS;
}

BOOL Answer(LONG status) {
  if (status == ERROR_SUCCESS) return TRUE;
  SetLastError(static_cast<DWORD>(status));
  return FALSE;
}

BOOL WINAPI AcquireContext(HCRYPTPROV* context, LPCWSTR container, LPCWSTR provider, DWORD,
                           DWORD flags) {
  script->provider = provider;
  const char* function = (flags & CRYPT_DELETEKEYSET) != 0 ? "DeleteKeyset"
                         : (flags & CRYPT_NEWKEYSET) != 0  ? "NewKeyset"
                                                           : "AcquireContext";
  const LONG status = script->Call(function, flags);
  if (container != nullptr) script->name = container;
  if (status == ERROR_SUCCESS && (flags & CRYPT_DELETEKEYSET) == 0) *context = script->Open();
  return Answer(status);
}

BOOL WINAPI ReleaseContext(HCRYPTPROV context, DWORD) {
  script->Close(context);
  return TRUE;
}

BOOL WINAPI ImportCapi(HCRYPTPROV, const BYTE*, DWORD, HCRYPTKEY, DWORD flags, HCRYPTKEY* key) {
  const LONG status = script->Call("CryptImportKey", flags);
  if (status == ERROR_SUCCESS) *key = script->Open();
  return Answer(status);
}

BOOL WINAPI GetUserKey(HCRYPTPROV, DWORD, HCRYPTKEY* key) {
  const LONG status = script->Call("GetUserKey", 0);
  if (status == ERROR_SUCCESS) *key = script->Open();
  return Answer(status);
}

BOOL WINAPI DestroyKey(HCRYPTKEY key) {
  script->Close(key);
  return TRUE;
}

BOOL WINAPI ProviderParam(HCRYPTPROV, DWORD parameter, BYTE* output, DWORD* size, DWORD flags) {
  if (parameter != PP_KEYSET_SEC_DESCR) return Answer(NTE_BAD_TYPE);
  const LONG status = script->Call("GetProvParam", flags);
  return Answer(status != ERROR_SUCCESS ? status : Give(script->output, output, *size, size));
}

BOOL WINAPI SetProviderParam(HCRYPTPROV, DWORD parameter, const BYTE* value, DWORD flags) {
  const LONG status = script->Call("SetProvParam", flags);
  if (parameter == PP_KEYSET_SEC_DESCR)
    script->written[L"PP_KEYSET_SEC_DESCR"] = BytesOf(value, 20);
  return Answer(status);
}
BOOL WINAPI NoKeyParam(HCRYPTKEY, DWORD, BYTE*, DWORD*, DWORD) { return Answer(NTE_BAD_TYPE); }

BOOL WINAPI AcquireOfCertificate(PCCERT_CONTEXT, DWORD flags, void* parameters,
                                 HCRYPTPROV_OR_NCRYPT_KEY_HANDLE* handle, DWORD* key_spec,
                                 BOOL* owned) {
  const LONG status = script->Call("AcquireCertificatePrivateKey", flags);
  if (parameters != nullptr) script->acquire_window = *static_cast<HWND*>(parameters);
  if (status != ERROR_SUCCESS) return Answer(status);
  *handle = script->Open();
  *key_spec = script->acquire_spec;
  *owned = script->acquire_owned ? TRUE : FALSE;
  return TRUE;
}

BOOL WINAPI NoPublicKey(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE, DWORD, DWORD, PCERT_PUBLIC_KEY_INFO,
                        DWORD*) {
  return Answer(NTE_NOT_SUPPORTED);
}

KeyApi MakeScripted() {
  KeyApi api;
  api.cng = {&OpenProvider,   &OpenKeyByName, &CreateKey,   &ImportBlob,  &FinalizeKey,
             &DeleteByHandle, &EnumKeys,      &GetProperty, &SetProperty, &SignHash,
             &DecryptBlock,   &ExportBlob,    &FreeObject,  &FreeBuffer};
  api.capi.acquire_context = &AcquireContext;
  api.capi.release_context = &ReleaseContext;
  api.capi.get_provider_param = &ProviderParam;
  api.capi.set_provider_param = &SetProviderParam;
  api.capi.import_key = &ImportCapi;
  api.capi.get_user_key = &GetUserKey;
  api.capi.get_key_param = &NoKeyParam;
  api.capi.destroy_key = &DestroyKey;
  api.acquire_key = &AcquireOfCertificate;
  api.export_public_key = &NoPublicKey;
  return api;
}

const KeyApi kScripted = MakeScripted();

SECURITY_STATUS NoMemory() { return NTE_NO_MEMORY; }

BOOL NoLastMemory() { return Answer(NTE_NO_MEMORY); }

// The same, with faults.
KeyApi MakeFaulty() {
  KeyApi api = MakeScripted();
  api.cng = {&test::Faulty<&OpenProvider, &NoMemory>::Call,
             &test::Faulty<&OpenKeyByName, &NoMemory>::Call,
             &test::Faulty<&CreateKey, &NoMemory>::Call,
             &test::Faulty<&ImportBlob, &NoMemory>::Call,
             &test::Faulty<&FinalizeKey, &NoMemory>::Call,
             &test::Faulty<&DeleteByHandle, &NoMemory>::Call,
             &test::Faulty<&EnumKeys, &NoMemory>::Call,
             &test::Faulty<&GetProperty, &NoMemory>::Call,
             &test::Faulty<&SetProperty, &NoMemory>::Call,
             &test::Faulty<&SignHash, &NoMemory>::Call,
             &test::Faulty<&DecryptBlock, &NoMemory>::Call,
             &test::Faulty<&ExportBlob, &NoMemory>::Call,
             &test::Sound<&FreeObject>::Call,
             &test::Sound<&FreeBuffer>::Call};
  api.capi.acquire_context = &test::Faulty<&AcquireContext, &NoLastMemory>::Call;
  api.capi.release_context = &test::Sound<&ReleaseContext>::Call;
  api.capi.get_provider_param = &test::Faulty<&ProviderParam, &NoLastMemory>::Call;
  api.capi.set_provider_param = &test::Faulty<&SetProviderParam, &NoLastMemory>::Call;
  api.capi.import_key = &test::Faulty<&ImportCapi, &NoLastMemory>::Call;
  api.capi.get_user_key = &test::Faulty<&GetUserKey, &NoLastMemory>::Call;
  api.capi.destroy_key = &test::Sound<&DestroyKey>::Call;
  return api;
}

const KeyApi kFaulty = MakeFaulty();

// A script for the length of a test.
class Scripted : public Script {
 public:
  Scripted() { script = this; }
  Scripted(const Scripted&) = delete;
  Scripted& operator=(const Scripted&) = delete;
  ~Scripted() { script = nullptr; }

  // Every handle and all memory was given back, once.
  void Verify() const {
    CHECK_EQUAL(violation, "");
    CHECK_EQUAL(handles.size(), size_t{0});
    CHECK_EQUAL(buffers.size(), size_t{0});
    CHECK_EQUAL(LiveHandles(HandleKind::kKey).load(), 0);
    CHECK_EQUAL(LiveHandles(HandleKind::kCertificate).load(), 0);
  }
};

const KeyDialog kSilent = {true, nullptr};
const KeyDialog kTalkative = {};

KeyLocation Cng(DWORD flags = 0) { return {L"our key", MS_KEY_STORAGE_PROVIDER, 0, flags, 0}; }

KeyLocation Capi(DWORD flags = 0) {
  return {L"our key", MS_ENH_RSA_AES_PROV_W, PROV_RSA_AES, flags, AT_KEYEXCHANGE};
}

KeyImport Import(const KeyLocation& location, const wchar_t* type) {
  KeyImport request;
  request.location = location;
  request.dialog = kSilent;
  request.algorithm = NCRYPT_ECDSA_P256_ALGORITHM;
  request.type = type;
  request.blob = Secret(Bytes{7, 8, 9});
  request.export_policy = NCRYPT_ALLOW_EXPORT_FLAG;
  return request;
}

// Runs `work` with each of its faults. It throws or succeeds, and leaves nothing open. `judge`
// looks at what has happened, and is told whether it has failed.
template <typename Work, typename Judge>
size_t WithEachFault(Work&& work, Judge&& judge) {
  Scripted scripted;
  const auto prepare = [&scripted] {
    const test::OwnMemory memory;
    static_cast<Script&>(scripted) = Script();
  };
  return test::WithEachFault(prepare, [&] {
    bool failed = false;
    try {
      work();
    } catch (const std::exception&) {
      failed = true;
    }
    const test::OwnMemory memory;
    CHECK(!failed || test::HasMetFault());
    judge(scripted, failed);
    scripted.Verify();
  });
}

std::unique_ptr<PrivateKey> OpenedKey(const KeyDialog& dialog = kSilent) {
  return OpenKey(kScripted, Cng(), dialog);
}

}  // namespace

TEST(blob_becomes_a_stored_key_of_our_name) {
  Scripted scripted;
  const auto key = ImportKey(kScripted, Import(Cng(), BCRYPT_ECCPRIVATE_BLOB));
  CHECK(scripted.name == L"our key");
  CHECK(scripted.algorithm == NCRYPT_ECDSA_P256_ALGORITHM);
  CHECK_EQUAL(scripted.flags["CreatePersistedKey"], DWORD{0});  // no overwriting, not the machine's
  CHECK((scripted.written[BCRYPT_ECCPRIVATE_BLOB] == Bytes{7, 8, 9}));
  CHECK((scripted.written[NCRYPT_EXPORT_POLICY_PROPERTY] == NumberBytes(NCRYPT_ALLOW_EXPORT_FLAG)));
  CHECK_EQUAL(scripted.calls.back(), "FinalizeKey");
  CHECK_EQUAL(scripted.flags["FinalizeKey"], DWORD{NCRYPT_SILENT_FLAG});
  key->Close();
  scripted.Verify();
}

TEST(pkcs8_is_named_by_a_parameter_with_its_terminator) {
  Scripted scripted;
  ImportKey(kScripted, Import(Cng(CRYPT_MACHINE_KEYSET), L"PKCS8_PRIVATEKEY")).reset();
  CHECK(scripted.parameters.at(NCRYPTBUFFER_PKCS_KEY_NAME) == TextBytes(L"our key"));
  CHECK_EQUAL(scripted.flags["ImportKey"],
              DWORD{NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG | NCRYPT_DO_NOT_FINALIZE_FLAG});
  CHECK_EQUAL(scripted.calls.back(), "FinalizeKey");
  scripted.Verify();
}

TEST(name_that_is_taken_is_told) {
  Scripted scripted;
  scripted.failures["CreatePersistedKey"] = NTE_EXISTS;
  CHECK_EQUAL(CHECK_THROWS(ImportKey(kScripted, Import(Cng(), BCRYPT_ECCPRIVATE_BLOB)), NTE_EXISTS),
              "NCryptCreatePersistedKey");
  CHECK(!scripted.Called("DeleteKey"));
  scripted.Verify();
}

TEST(key_that_cannot_be_finished_is_not_stored) {
  for (const char* function : {"SetProperty", "FinalizeKey"}) {
    Scripted scripted;
    scripted.failures[function] = NTE_PERM;
    CHECK_THROWS(ImportKey(kScripted, Import(Cng(), BCRYPT_ECCPRIVATE_BLOB)), NTE_PERM);
    scripted.Verify();
  }
}

TEST(key_is_made_in_the_provider) {
  Scripted scripted;
  KeyGeneration request;
  request.location = {L"our key", MS_PLATFORM_KEY_STORAGE_PROVIDER, 0, CRYPT_MACHINE_KEYSET, 0};
  request.algorithm = NCRYPT_RSA_ALGORITHM;
  request.bits = 3072;
  GenerateKey(kScripted, request).reset();
  CHECK_EQUAL(scripted.flags["CreatePersistedKey"], DWORD{NCRYPT_MACHINE_KEY_FLAG});
  CHECK(scripted.written[NCRYPT_LENGTH_PROPERTY] == NumberBytes(3072));
  CHECK(scripted.written[NCRYPT_EXPORT_POLICY_PROPERTY] == NumberBytes(0));
  CHECK_EQUAL(scripted.calls.back(), "FinalizeKey");
  scripted.Verify();
}

TEST(key_that_is_to_stay_is_made_where_there_is_no_export_policy) {
  Scripted scripted;
  scripted.fixed[NCRYPT_EXPORT_POLICY_PROPERTY] = NTE_NOT_SUPPORTED;
  KeyGeneration request;
  request.location = {L"our key", MS_SMART_CARD_KEY_STORAGE_PROVIDER, 0, 0, 0};
  request.algorithm = NCRYPT_RSA_ALGORITHM;
  GenerateKey(kScripted, request).reset();
  CHECK_EQUAL(scripted.calls.back(), "FinalizeKey");
  request.export_policy = NCRYPT_ALLOW_EXPORT_FLAG;
  CHECK_EQUAL(CHECK_THROWS(GenerateKey(kScripted, request), NTE_NOT_SUPPORTED),
              "NCryptSetProperty");
  scripted.Verify();
}

TEST(key_of_the_machine_is_opened_as_such) {
  Scripted scripted;
  OpenKey(kScripted, Cng(CRYPT_MACHINE_KEYSET), kSilent).reset();
  CHECK_EQUAL(scripted.flags["OpenKey"], DWORD{NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG});
  scripted.failures["OpenKey"] = NTE_BAD_KEYSET;
  CHECK_EQUAL(CHECK_THROWS(OpenKey(kScripted, Cng(), kSilent), NTE_BAD_KEYSET), "NCryptOpenKey");
  scripted.Verify();
}

TEST(facts_are_those_of_key_and_provider) {
  Scripted scripted;
  scripted.properties[NCRYPT_NAME_PROPERTY] = TextBytes(L"name");
  scripted.properties[NCRYPT_ALGORITHM_GROUP_PROPERTY] = TextBytes(NCRYPT_ECDSA_ALGORITHM_GROUP);
  scripted.properties[NCRYPT_LENGTH_PROPERTY] = NumberBytes(256);
  scripted.properties[NCRYPT_IMPL_TYPE_PROPERTY] = NumberBytes(NCRYPT_IMPL_HARDWARE_FLAG);
  scripted.properties[NCRYPT_KEY_TYPE_PROPERTY] = NumberBytes(NCRYPT_MACHINE_KEY_FLAG);
  const auto key = OpenedKey();
  const auto& facts = key->facts();
  CHECK(facts.cng);
  CHECK(facts.name == L"name");
  CHECK(facts.algorithm == NCRYPT_ECDSA_ALGORITHM_GROUP);
  CHECK_EQUAL(facts.bits.value_or(0), DWORD{256});
  CHECK_EQUAL(facts.implementation.value_or(0), DWORD{NCRYPT_IMPL_HARDWARE_FLAG});
  CHECK(facts.machine);
  CHECK(!facts.export_policy.has_value());
  CHECK(!facts.unique_name.has_value());
  CHECK(!key->public_key().has_value());
  key->Close();
  scripted.Verify();
}

TEST(signature_of_a_curve_is_not_padded_and_as_long_as_it_is) {
  Scripted scripted;
  const auto key = OpenedKey();
  CHECK((key->Sign(Bytes(32), {}) == Bytes{1, 2, 3, 4}));
  CHECK(!scripted.padded);
  CHECK_EQUAL(scripted.flags["SignHash"], DWORD{NCRYPT_SILENT_FLAG});
  key->Close();
  scripted.Verify();
}

TEST(paddings_of_rsa_are_told_in_full) {
  Scripted scripted;
  const auto key = OpenedKey(kTalkative);
  static_cast<void>(key->Sign(Bytes(48), {SignPadding::kPss, L"SHA384", 48}));
  CHECK_EQUAL(scripted.flags["SignHash"], DWORD{NCRYPT_PAD_PSS_FLAG});
  CHECK(scripted.hash == L"SHA384");
  CHECK_EQUAL(scripted.salt, ULONG{48});
  static_cast<void>(key->Sign(Bytes(32), {SignPadding::kPkcs1, L"SHA256", 0}));
  CHECK_EQUAL(scripted.flags["SignHash"], DWORD{NCRYPT_PAD_PKCS1_FLAG});
  CHECK(scripted.hash == L"SHA256");
  static_cast<void>(key->Sign(Bytes(36), {SignPadding::kPkcs1, L"", 0}));
  CHECK(scripted.hash == L"(none)");
}

TEST(oaep_is_told_with_its_label) {
  Scripted scripted;
  const auto key = OpenedKey(kTalkative);
  const Secret plain = key->Decrypt(Bytes(256), {DecryptPadding::kOaep, L"SHA256", {5, 6}});
  CHECK((plain.view().Copy() == Bytes{1, 2, 3, 4}));
  CHECK_EQUAL(scripted.flags["Decrypt"], DWORD{NCRYPT_PAD_OAEP_FLAG});
  CHECK(scripted.hash == L"SHA256");
  CHECK((scripted.label == Bytes{5, 6}));
}

TEST(dialog_belongs_to_its_window) {
  Scripted scripted;
  const auto window = reinterpret_cast<HWND>(ULONG_PTR{0x1234});
  OpenKey(kScripted, Cng(), {false, window}).reset();
  CHECK(scripted.written[NCRYPT_WINDOW_HANDLE_PROPERTY] == BytesOf(&window, sizeof(window)));
  CHECK_EQUAL(scripted.flags["OpenKey"], DWORD{0});
  scripted.Verify();
}

TEST(encrypted_export_has_password_algorithm_rounds_and_a_fresh_salt) {
  Scripted scripted;
  const auto key = OpenedKey();
  ExportForm form;
  form.type = L"PKCS8_PRIVATEKEY";
  form.password.emplace(TextBytes(L"pass"));
  form.iterations = 2048;
  static_cast<void>(key->Export(form));
  CHECK(scripted.parameters.at(NCRYPTBUFFER_PKCS_SECRET) == TextBytes(L"pass"));
  const Bytes algorithm = scripted.parameters.at(NCRYPTBUFFER_PKCS_ALG_OID);
  CHECK_EQUAL(std::string(reinterpret_cast<const char*>(algorithm.data())),
              szOID_PKCS_12_pbeWithSHA1And3KeyTripleDES);
  const Bytes first = scripted.parameters.at(NCRYPTBUFFER_PKCS_ALG_PARAM);
  CHECK_EQUAL(first.size(), sizeof(CRYPT_PKCS12_PBE_PARAMS) + 8);
  CRYPT_PKCS12_PBE_PARAMS fixed = {};
  std::memcpy(&fixed, first.data(), sizeof(fixed));
  CHECK_EQUAL(fixed.iIterations, 2048);
  CHECK_EQUAL(fixed.cbSalt, ULONG{8});
  static_cast<void>(key->Export(form));
  CHECK(first != scripted.parameters.at(NCRYPTBUFFER_PKCS_ALG_PARAM));
}

TEST(plain_export_has_no_parameters_and_may_be_refused) {
  Scripted scripted;
  const auto key = OpenedKey();
  ExportForm form;
  form.type = BCRYPT_RSAFULLPRIVATE_BLOB;
  CHECK((key->Export(form).view().Copy() == Bytes{1, 2, 3, 4}));
  CHECK(scripted.algorithm == BCRYPT_RSAFULLPRIVATE_BLOB);
  CHECK(scripted.parameters.empty());
  scripted.failures["ExportKey"] = NTE_NOT_SUPPORTED;
  CHECK_EQUAL(CHECK_THROWS(key->Export(form), NTE_NOT_SUPPORTED), "NCryptExportKey");
}

TEST(handle_goes_with_a_deleted_key_and_else_is_freed) {
  Scripted scripted;
  DeleteKey(kScripted, Cng(CRYPT_MACHINE_KEYSET));
  CHECK_EQUAL(scripted.flags["OpenKey"], DWORD{NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG});
  scripted.Verify();
  scripted.failures["DeleteKey"] = NTE_PERM;
  CHECK_EQUAL(CHECK_THROWS(DeleteKey(kScripted, Cng()), NTE_PERM), "NCryptDeleteKey");
  scripted.Verify();
}

TEST(keys_are_listed_to_the_end) {
  Scripted scripted;
  const auto names = ListKeys(kScripted, MS_KEY_STORAGE_PROVIDER, 0, CRYPT_MACHINE_KEYSET);
  CHECK((names == std::vector<std::wstring>{L"first", L"second"}));
  CHECK_EQUAL(scripted.flags["EnumKeys"], DWORD{NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG});
  scripted.Verify();
  // A list that breaks off would make a sweep believe that the others are gone.
  scripted.failures["EnumKeys"] = NTE_PROVIDER_DLL_FAIL;
  CHECK_THROWS(ListKeys(kScripted, MS_KEY_STORAGE_PROVIDER, 0, 0), NTE_PROVIDER_DLL_FAIL);
  scripted.Verify();
}

TEST(key_of_a_certificate_is_of_the_interface_it_says) {
  Scripted scripted;
  const auto certificate = schannel::DecodeCertificate(test::RootCertificate());
  {
    const auto cng =
        AcquireKey(kScripted, certificate.get(), CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG, kSilent);
    CHECK(cng->facts().cng);
    CHECK_EQUAL(scripted.flags["AcquireCertificatePrivateKey"],
                DWORD{CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_SILENT_FLAG});
    scripted.acquire_spec = AT_SIGNATURE;
    const auto capi = AcquireKey(kScripted, certificate.get(), 0, kTalkative);
    CHECK(!capi->facts().cng);
    CHECK_EQUAL(capi->facts().key_spec, DWORD{AT_SIGNATURE});
  }
  CHECK_EQUAL(scripted.handles.size(), size_t{0});
  CHECK_EQUAL(LiveHandles(HandleKind::kKey).load(), 0);
}

TEST(window_and_silence_exclude_each_other) {
  Scripted scripted;
  const auto certificate = schannel::DecodeCertificate(test::RootCertificate());
  const auto window = reinterpret_cast<HWND>(ULONG_PTR{0x1234});
  AcquireKey(kScripted, certificate.get(), 0, {false, window}).reset();
  CHECK(scripted.acquire_window == window);
  CHECK_EQUAL(scripted.flags["AcquireCertificatePrivateKey"],
              DWORD{CRYPT_ACQUIRE_WINDOW_HANDLE_FLAG});
  scripted.acquire_window = nullptr;
  AcquireKey(kScripted, certificate.get(), 0, {true, window}).reset();
  CHECK(scripted.acquire_window == nullptr);
  CHECK_EQUAL(scripted.flags["AcquireCertificatePrivateKey"], DWORD{CRYPT_ACQUIRE_SILENT_FLAG});
}

TEST(handle_that_the_certificate_keeps_is_not_freed) {
  Scripted scripted;
  scripted.acquire_owned = false;
  auto certificate = schannel::DecodeCertificate(test::RootCertificate());
  const auto key = AcquireKey(kScripted, certificate.get(), CRYPT_ACQUIRE_CACHE_FLAG, kSilent);
  certificate.Reset();
  CHECK_EQUAL(LiveHandles(HandleKind::kCertificate).load(), 1);
  key->Close();
  CHECK_EQUAL(LiveHandles(HandleKind::kCertificate).load(), 0);
  CHECK_EQUAL(scripted.handles.size(), size_t{1});
}

// Revision 1, self-relative, and without any part.
Bytes EmptyDescriptor() {
  Bytes bytes(20);
  bytes[0] = SECURITY_DESCRIPTOR_REVISION;
  bytes[3] = SE_SELF_RELATIVE >> 8;
  return bytes;
}

TEST(rights_are_read_and_stored_by_parts) {
  Scripted scripted;
  const auto key = OpenedKey();
  scripted.properties[NCRYPT_SECURITY_DESCR_PROPERTY] = {5, 6};
  CHECK((key->Security(DACL_SECURITY_INFORMATION) == Bytes{5, 6}));
  CHECK_EQUAL(scripted.flags["GetProperty"], DWORD{DACL_SECURITY_INFORMATION | NCRYPT_SILENT_FLAG});
  key->SetSecurity(DACL_SECURITY_INFORMATION, EmptyDescriptor());
  CHECK(scripted.written[NCRYPT_SECURITY_DESCR_PROPERTY] == EmptyDescriptor());
  CHECK_EQUAL(scripted.flags["SetProperty"],
              DWORD{DACL_SECURITY_INFORMATION | NCRYPT_PERSIST_FLAG | NCRYPT_SILENT_FLAG});
  scripted.properties.clear();
  CHECK_EQUAL(
      CHECK_THROWS(static_cast<void>(key->Security(DACL_SECURITY_INFORMATION)), NTE_NOT_FOUND),
      "NCryptGetProperty");
  scripted.fixed[NCRYPT_SECURITY_DESCR_PROPERTY] = NTE_PERM;
  CHECK_EQUAL(
      CHECK_THROWS(key->SetSecurity(DACL_SECURITY_INFORMATION, EmptyDescriptor()), NTE_PERM),
      "NCryptSetProperty");
  key->Close();
  scripted.Verify();
}

TEST(rights_of_a_container_are_parameters_of_its_provider) {
  Scripted scripted;
  const auto key = OpenKey(kScripted, Capi(), kSilent);
  CHECK((key->Security(DACL_SECURITY_INFORMATION) == scripted.output));
  CHECK_EQUAL(scripted.flags["GetProvParam"], DWORD{DACL_SECURITY_INFORMATION});
  key->SetSecurity(DACL_SECURITY_INFORMATION, EmptyDescriptor());
  CHECK(scripted.written[L"PP_KEYSET_SEC_DESCR"] == EmptyDescriptor());
  CHECK_EQUAL(scripted.flags["SetProvParam"], DWORD{DACL_SECURITY_INFORMATION});
  scripted.failures["GetProvParam"] = NTE_BAD_TYPE;
  CHECK_EQUAL(
      CHECK_THROWS(static_cast<void>(key->Security(DACL_SECURITY_INFORMATION)), NTE_BAD_TYPE),
      "CryptGetProvParam");
  scripted.failures["SetProvParam"] = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(key->SetSecurity(DACL_SECURITY_INFORMATION, EmptyDescriptor()),
                           ERROR_ACCESS_DENIED),
              "CryptSetProvParam");
  key->Close();
  scripted.Verify();
}

TEST(malformed_rights_reach_no_provider) {
  Scripted scripted;
  const auto key = OpenedKey();
  Bytes outside = EmptyDescriptor();
  outside[2] = SE_DACL_PRESENT;
  outside[16] = 20;  // the list would begin where the bytes end
  CHECK_THROWS(key->SetSecurity(DACL_SECURITY_INFORMATION, outside), ERROR_INVALID_SECURITY_DESCR);
  CHECK(!scripted.Called("SetProperty"));
  key->Close();
  CHECK_THROWS(static_cast<void>(key->Security(DACL_SECURITY_INFORMATION)), SEC_E_INVALID_HANDLE);
  CHECK_THROWS(key->SetSecurity(DACL_SECURITY_INFORMATION, EmptyDescriptor()),
               SEC_E_INVALID_HANDLE);
  scripted.Verify();
}

TEST(closed_key_is_refused) {
  Scripted scripted;
  const auto key = OpenedKey();
  key->Close();
  key->Close();
  CHECK_THROWS(key->Sign(Bytes(32), {}), SEC_E_INVALID_HANDLE);
  scripted.Verify();
}

TEST(key_without_a_name_is_nobodys) {
  Scripted scripted;
  for (KeyLocation location : {Cng(), Capi()}) {
    location.container.clear();
    CHECK_THROWS(OpenKey(kScripted, location, kSilent), E_INVALIDARG);
    CHECK_THROWS(DeleteKey(kScripted, location), E_INVALIDARG);
    CHECK_THROWS(ImportKey(kScripted, Import(location, L"PRIVATEKEYBLOB")), E_INVALIDARG);
  }
  CHECK(scripted.calls.empty());
}

TEST(provider_without_a_name_is_the_default_one) {
  Scripted scripted;
  for (KeyLocation location : {Cng(), Capi()}) {
    OpenKey(kScripted, location, kSilent).reset();
    CHECK(scripted.provider == location.provider);
    location.provider.clear();
    OpenKey(kScripted, location, kSilent).reset();
    CHECK(scripted.provider == nullptr);
    DeleteKey(kScripted, location);
    CHECK(scripted.provider == nullptr);
  }
  scripted.Verify();
}

TEST(container_of_the_machine_that_cannot_be_filled_is_taken_away) {
  for (const char* function : {"CryptImportKey", "GetUserKey"}) {
    Scripted scripted;
    scripted.failures[function] = NTE_BAD_DATA;
    CHECK_THROWS(ImportKey(kScripted, Import(Capi(CRYPT_MACHINE_KEYSET), L"PRIVATEKEYBLOB")),
                 NTE_BAD_DATA);
    CHECK_EQUAL(scripted.calls.back(), "DeleteKeyset");
    CHECK_EQUAL(scripted.flags["DeleteKeyset"],
                DWORD{CRYPT_DELETEKEYSET | CRYPT_MACHINE_KEYSET | CRYPT_SILENT});
    scripted.Verify();
  }
}

TEST(container_that_exists_is_neither_filled_nor_taken_away) {
  Scripted scripted;
  scripted.failures["NewKeyset"] = NTE_EXISTS;
  CHECK_THROWS(ImportKey(kScripted, Import(Capi(), L"PRIVATEKEYBLOB")), NTE_EXISTS);
  CHECK_EQUAL(scripted.calls.size(), size_t{1});
  scripted.Verify();
}

TEST(import_that_fails_leaves_no_key) {
  for (const wchar_t* const type : {BCRYPT_ECCPRIVATE_BLOB, L"PKCS8_PRIVATEKEY"}) {
    const KeyImport request = Import(Cng(), type);
    const size_t faults =
        WithEachFault([&request] { ImportKey(kFaulty, request).reset(); },
                      [](const Scripted& scripted, bool failed) {
                        // That the key could not be finished is told by the function that would
                        // have stored it.
                        const bool stored = scripted.Called("FinalizeKey");
                        CHECK_EQUAL(scripted.Called("DeleteKey"), failed && stored);
                      });
    CHECK(faults > 10);
  }
  const KeyImport request = Import(Capi(), L"PRIVATEKEYBLOB");
  const size_t faults = WithEachFault([&request] { ImportKey(kFaulty, request).reset(); },
                                      [](const Scripted& scripted, bool failed) {
                                        CHECK_EQUAL(scripted.Called("DeleteKeyset"),
                                                    failed && scripted.Called("NewKeyset"));
                                      });
  CHECK(faults > 4);
}

TEST(list_of_keys_that_fails_leaves_no_memory) {
  const size_t faults =
      WithEachFault([] { static_cast<void>(ListKeys(kFaulty, MS_KEY_STORAGE_PROVIDER, 0, 0)); },
                    [](const Scripted&, bool) {});
  CHECK(faults > 4);
}

TEST(key_survives_uses_that_fail) {
  const SignScheme pkcs1 = {SignPadding::kPkcs1, L"SHA256", 0};
  const ExportForm form = {L"PKCS8_PRIVATEKEY", std::nullopt, 0};
  WithEachFault(
      [&] {
        std::unique_ptr<PrivateKey> key;
        {
          const test::OwnMemory memory;
          key = OpenKey(kFaulty, Cng(), kSilent);
        }
        static_cast<void>(key->Sign(Bytes(), pkcs1));
        static_cast<void>(key->Decrypt(Bytes(), {DecryptPadding::kPkcs1, {}, {}}));
        static_cast<void>(key->Export(form));
      },
      [](const Scripted&, bool) {});
}

TEST(secret_is_wiped_where_it_is_cut) {
  Secret secret(Bytes{1, 2, 3, 4});
  const uint8_t* const memory = secret.data();
  secret.Shrink(2);
  CHECK_EQUAL(secret.size(), size_t{2});
  CHECK_EQUAL(int{memory[1]}, 2);
  CHECK_EQUAL(int{memory[2]}, 0);
  Secret moved(std::move(secret));
  CHECK(moved.data() == memory);
}
