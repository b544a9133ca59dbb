#include "double/keys.h"

#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "double/world.h"

namespace schannel_double {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr wchar_t kSoftware[] = L"Microsoft Software Key Storage Provider";
constexpr wchar_t kPlatform[] = L"Microsoft Platform Crypto Provider";

struct Provider {
  std::wstring name;
  bool tpm = false;
};

struct Key {
  Provider provider;
  std::wstring name;  // empty: not persisted
  std::wstring algorithm;
  bool machine = false;
  bool finalized = false;
  bool overwrites = false;  // a key of this name
  DWORD policy = 0;         // NCRYPT_ALLOW_* bits
  DWORD bits = 0;
  PKey pkey;
};

std::mutex mutex;
std::map<NCRYPT_HANDLE, Provider> providers;
std::map<NCRYPT_HANDLE, std::shared_ptr<Key>> keys;
std::set<std::wstring> pins;
NCRYPT_HANDLE last_handle = 0x7000;

// The file of a key. Other processes find it, and it outlives this one. [keys 5]
std::wstring FileOf(const Provider& provider, const std::wstring& name, bool machine) {
  wchar_t base[MAX_PATH] = L"";
  GetEnvironmentVariableW(machine ? L"ProgramData" : L"LOCALAPPDATA", base, MAX_PATH);
  std::wstring path = std::wstring(base) + L"\\schannel-double";
  CreateDirectoryW(path.c_str(), nullptr);
  path += provider.tpm ? L"\\tpm" : L"\\keys";
  CreateDirectoryW(path.c_str(), nullptr);
  path += L"\\";
  if (name.empty()) return path;
  std::wstring lower = name;  // [keys 6]
  for (wchar_t& c : lower) c = static_cast<wchar_t>(towlower(c));
  uint8_t hash[32];
  EVP_Digest(lower.data(), lower.size() * sizeof(wchar_t), hash, nullptr, EVP_sha256(), nullptr);
  static const wchar_t kHex[] = L"0123456789abcdef";
  for (const uint8_t byte : hash) {
    path.push_back(kHex[byte >> 4]);
    path.push_back(kHex[byte & 15]);
  }
  return path;
}

struct Stored {
  DWORD policy = 0;
  DWORD name_size = 0;
};

// [keys 8]
bool Save(const Key& key, SECURITY_STATUS& status) {
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key.pkey.get(), &der);
  const HANDLE file =
      CreateFileW(FileOf(key.provider, key.name, key.machine).c_str(), GENERIC_WRITE, 0, nullptr,
                  key.overwrites ? CREATE_ALWAYS : CREATE_NEW, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    status = GetLastError() == ERROR_FILE_EXISTS ? NTE_EXISTS : NTE_PERM;
    OPENSSL_free(der);
    return false;
  }
  const Stored head = {key.policy, static_cast<DWORD>(key.name.size())};
  DWORD done = 0;
  WriteFile(file, &head, sizeof head, &done, nullptr);
  WriteFile(file, key.name.data(), static_cast<DWORD>(key.name.size() * sizeof(wchar_t)), &done,
            nullptr);
  WriteFile(file, der, static_cast<DWORD>(size), &done, nullptr);
  CloseHandle(file);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return true;
}

bool Load(const std::wstring& path, Stored& head, std::wstring& name, PKey& pkey) {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                  nullptr, OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return false;
  Bytes bytes(16384);
  DWORD size = 0;
  ReadFile(file, bytes.data(), static_cast<DWORD>(bytes.size()), &size, nullptr);
  CloseHandle(file);
  if (size < sizeof head) return false;
  std::memcpy(&head, bytes.data(), sizeof head);
  const size_t text = head.name_size * sizeof(wchar_t);
  if (size < sizeof head + text) return false;
  name.assign(head.name_size, L'\0');
  std::memcpy(name.data(), bytes.data() + sizeof head, text);
  const unsigned char* at = bytes.data() + sizeof head + text;
  pkey.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(size - sizeof head - text)));
  return pkey != nullptr;
}

std::wstring AlgorithmOf(EVP_PKEY* pkey) {
  if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA) return L"RSA";
  return EVP_PKEY_get_bits(pkey) == 384   ? L"ECDSA_P384"
         : EVP_PKEY_get_bits(pkey) == 521 ? L"ECDSA_P521"
                                          : L"ECDSA_P256";
}

std::shared_ptr<Key> FindKey(NCRYPT_HANDLE handle) {
  const std::lock_guard<std::mutex> guard(mutex);
  const auto found = keys.find(handle);
  return found == keys.end() ? nullptr : found->second;
}

NCRYPT_HANDLE AddKey(std::shared_ptr<Key> key) {
  const std::lock_guard<std::mutex> guard(mutex);
  keys[++last_handle] = std::move(key);
  return last_handle;
}

bool FindProvider(NCRYPT_PROV_HANDLE handle, Provider& provider) {
  const std::lock_guard<std::mutex> guard(mutex);
  const auto found = providers.find(handle);
  if (found == providers.end()) return false;
  provider = found->second;
  return true;
}

SECURITY_STATUS WINAPI OpenProvider(NCRYPT_PROV_HANDLE* handle, LPCWSTR name, DWORD) {
  Provider provider = {name == nullptr ? kSoftware : name, false};
  provider.tpm = provider.name == kPlatform;
  if (!provider.tpm && provider.name != kSoftware) return NTE_PROV_TYPE_NOT_DEF;  // [keys 21]
  const std::lock_guard<std::mutex> guard(mutex);
  providers[++last_handle] = provider;
  *handle = last_handle;
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI OpenKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE* out, LPCWSTR name,
                               DWORD, DWORD flags) {
  Provider provider;
  if (!FindProvider(handle, provider)) return NTE_INVALID_HANDLE;
  auto key = std::make_shared<Key>();
  Stored head;
  key->provider = provider;
  key->machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
  // [keys 7]
  if (!Load(FileOf(provider, name, key->machine), head, key->name, key->pkey))
    return NTE_BAD_KEYSET;
  key->policy = head.policy;
  key->finalized = true;
  key->algorithm = AlgorithmOf(key->pkey.get());
  key->bits = static_cast<DWORD>(EVP_PKEY_get_bits(key->pkey.get()));
  *out = AddKey(std::move(key));
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI CreateKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE* out,
                                 LPCWSTR algorithm, LPCWSTR name, DWORD, DWORD flags) {
  Provider provider;
  if (!FindProvider(handle, provider)) return NTE_INVALID_HANDLE;
  auto key = std::make_shared<Key>();
  key->provider = provider;
  key->name = name == nullptr ? L"" : name;
  key->algorithm = algorithm;
  key->machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
  // [keys 11]
  if (provider.tpm && key->algorithm != L"RSA" && key->algorithm != L"ECDSA_P256" &&
      key->algorithm != L"ECDSA_P384") {
    return NTE_NOT_SUPPORTED;
  }
  // [keys 8]
  key->overwrites = (flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
  if (!key->overwrites && !key->name.empty() &&
      GetFileAttributesW(FileOf(provider, key->name, key->machine).c_str()) !=
          INVALID_FILE_ATTRIBUTES) {
    return NTE_EXISTS;
  }
  *out = AddKey(std::move(key));
  return ERROR_SUCCESS;
}

BIGNUM* Number(const uint8_t*& at, size_t size) {
  BIGNUM* const number = BN_bin2bn(at, static_cast<int>(size), nullptr);
  at += size;
  return number;
}

// [keys 13]
PKey FromRsaBlob(const uint8_t* blob, size_t size) {
  ULONG head[6];  // magic, bits, e, n, p, q
  if (size < sizeof head) return nullptr;
  std::memcpy(head, blob, sizeof head);
  if (head[0] != 0x33415352) return nullptr;  // RSA3
  const uint8_t* at = blob + sizeof head;
  if (size <
      sizeof head + head[2] + 2 * size_t{head[3]} + 3 * size_t{head[4]} + 2 * size_t{head[5]})
    return nullptr;
  RSA* const rsa = RSA_new();
  BIGNUM* const e = Number(at, head[2]);
  BIGNUM* const n = Number(at, head[3]);
  BIGNUM* const p = Number(at, head[4]);
  BIGNUM* const q = Number(at, head[5]);
  BIGNUM* const dp = Number(at, head[4]);
  BIGNUM* const dq = Number(at, head[5]);
  BIGNUM* const qi = Number(at, head[4]);
  BIGNUM* const d = Number(at, head[3]);
  RSA_set0_key(rsa, n, e, d);
  RSA_set0_factors(rsa, p, q);
  RSA_set0_crt_params(rsa, dp, dq, qi);
  PKey pkey(EVP_PKEY_new());
  EVP_PKEY_assign_RSA(pkey.get(), rsa);
  return pkey;
}

// [keys 13]
PKey FromEcBlob(const uint8_t* blob, size_t size) {
  ULONG head[2];
  if (size < sizeof head) return nullptr;
  std::memcpy(head, blob, sizeof head);
  const size_t width = head[1];
  const int curve = width == 32   ? NID_X9_62_prime256v1
                    : width == 48 ? NID_secp384r1
                                  : NID_secp521r1;
  if (size < sizeof head + 3 * width) return nullptr;
  const uint8_t* at = blob + sizeof head;
  BIGNUM* const x = Number(at, width);
  BIGNUM* const y = Number(at, width);
  BIGNUM* const d = Number(at, width);
  EC_KEY* const ec = EC_KEY_new_by_curve_name(curve);
  const bool good =
      EC_KEY_set_public_key_affine_coordinates(ec, x, y) == 1 && EC_KEY_set_private_key(ec, d) == 1;
  BN_free(x);
  BN_free(y);
  BN_clear_free(d);
  if (!good) {
    EC_KEY_free(ec);
    return nullptr;
  }
  PKey pkey(EVP_PKEY_new());
  EVP_PKEY_assign_EC_KEY(pkey.get(), ec);
  return pkey;
}

// [keys 12]
SECURITY_STATUS WINAPI ImportKey(NCRYPT_PROV_HANDLE handle, NCRYPT_KEY_HANDLE, LPCWSTR type,
                                 NCryptBufferDesc* parameters, NCRYPT_KEY_HANDLE* out, PBYTE data,
                                 DWORD size, DWORD flags) {
  const OpenSslCall call;
  Provider provider;
  if (!FindProvider(handle, provider)) return NTE_INVALID_HANDLE;
  if (std::wstring(type) != L"PKCS8_PRIVATEKEY") return NTE_NOT_SUPPORTED;
  const unsigned char* at = data;
  auto key = std::make_shared<Key>();
  key->pkey.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(size)));
  if (key->pkey == nullptr) return NTE_BAD_DATA;
  key->provider = provider;
  key->overwrites = (flags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
  key->machine = (flags & NCRYPT_MACHINE_KEY_FLAG) != 0;
  key->algorithm = AlgorithmOf(key->pkey.get());
  key->bits = static_cast<DWORD>(EVP_PKEY_get_bits(key->pkey.get()));
  if (provider.tpm && key->bits > 2048) return NTE_NOT_SUPPORTED;  // [keys 11]
  for (ULONG index = 0; parameters != nullptr && index < parameters->cBuffers; ++index) {
    const NCryptBuffer& buffer = parameters->pBuffers[index];
    if (buffer.BufferType == NCRYPTBUFFER_PKCS_KEY_NAME) {
      key->name = static_cast<const wchar_t*>(buffer.pvBuffer);
    }
  }
  if ((flags & NCRYPT_DO_NOT_FINALIZE_FLAG) == 0) {
    key->finalized = true;
    SECURITY_STATUS status = ERROR_SUCCESS;
    if (!key->name.empty() && !Save(*key, status)) return status;
  }
  *out = AddKey(std::move(key));
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI FinalizeKey(NCRYPT_KEY_HANDLE handle, DWORD) {
  const OpenSslCall call;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (key->finalized) return NTE_INVALID_HANDLE;
  if (key->pkey == nullptr) {
    if (key->algorithm == L"RSA") {
      key->pkey.reset(
          EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{key->bits == 0 ? 2048 : key->bits}));
    } else {
      const char* const curve = key->algorithm == L"ECDSA_P256"   ? "P-256"
                                : key->algorithm == L"ECDSA_P384" ? "P-384"
                                                                  : "P-521";
      key->pkey.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
    }
  }
  key->bits = static_cast<DWORD>(EVP_PKEY_get_bits(key->pkey.get()));
  // [keys 11]
  if (key->provider.tpm && key->algorithm == L"RSA" && key->bits > 2048) return NTE_NOT_SUPPORTED;
  SECURITY_STATUS status = ERROR_SUCCESS;
  // [keys 4]
  if (!key->name.empty() && !Save(*key, status)) return status;
  key->finalized = true;
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI FreeObject(NCRYPT_HANDLE handle) {
  const std::lock_guard<std::mutex> guard(mutex);
  if (keys.erase(handle) + providers.erase(handle) == 0) {
    Violate("NCryptFreeObject: the handle is unknown, or was freed before [calls 5]");
    return NTE_INVALID_HANDLE;
  }
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI DeleteKey(NCRYPT_KEY_HANDLE handle, DWORD) {
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (!DeleteFileW(FileOf(key->provider, key->name, key->machine).c_str())) return NTE_BAD_KEYSET;
  return FreeObject(handle);  // [keys 14]
}

struct EnumState {
  struct Entry {
    std::wstring name;
    std::wstring algorithm;
  };
  std::vector<Entry> entries;
  size_t next = 0;
};

// [keys 15]
SECURITY_STATUS WINAPI EnumKeys(NCRYPT_PROV_HANDLE handle, LPCWSTR, NCryptKeyName** out,
                                PVOID* state, DWORD flags) {
  const OpenSslCall call;
  Provider provider;
  if (!FindProvider(handle, provider)) return NTE_INVALID_HANDLE;
  auto* list = static_cast<EnumState*>(*state);
  if (list == nullptr) {
    // NCryptFreeBuffer frees it.
    list = new (GuardedAlloc(sizeof(EnumState))) EnumState;
    *state = list;
    const std::wstring folder = FileOf(provider, L"", (flags & NCRYPT_MACHINE_KEY_FLAG) != 0);
    WIN32_FIND_DATAW found = {};
    const HANDLE search = FindFirstFileW((folder + L"*").c_str(), &found);
    if (search != INVALID_HANDLE_VALUE) {
      do {
        Stored head;
        std::wstring name;
        PKey pkey;
        if (Load(folder + found.cFileName, head, name, pkey)) {
          list->entries.push_back({name, AlgorithmOf(pkey.get())});
        }
      } while (FindNextFileW(search, &found));
      FindClose(search);
    }
  }
  if (list->next == list->entries.size()) return NTE_NO_MORE_ITEMS;
  const auto& [name, algorithm] = list->entries[list->next++];
  // One block: the structure, and both texts behind it.
  const std::wstring texts = name + L'\0' + algorithm + L'\0';
  const size_t size = texts.size() * sizeof(wchar_t);
  auto* const memory = static_cast<uint8_t*>(GuardedAlloc(sizeof(NCryptKeyName) + size));
  auto* const result = reinterpret_cast<NCryptKeyName*>(memory);
  std::memcpy(memory + sizeof(NCryptKeyName), texts.data(), size);
  result->pszName = reinterpret_cast<LPWSTR>(memory + sizeof(NCryptKeyName));
  result->pszAlgid = result->pszName + name.size() + 1;
  result->dwLegacyKeySpec = 0;
  result->dwFlags = 0;
  *out = result;
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI FreeBuffer(PVOID memory) {
  if (!GuardedFree(memory)) Violate("NCryptFreeBuffer: unknown memory, or freed before [calls 6]");
  return ERROR_SUCCESS;
}

// [keys 18]
SECURITY_STATUS Give(const void* value, size_t size, PBYTE out, DWORD room, DWORD* written) {
  *written = static_cast<DWORD>(size);
  if (out == nullptr) return ERROR_SUCCESS;
  if (room < size) return NTE_BUFFER_TOO_SMALL;
  std::memcpy(out, value, size);
  return ERROR_SUCCESS;
}

// [keys 20]
SECURITY_STATUS WINAPI GetProperty(NCRYPT_HANDLE handle, LPCWSTR property, PBYTE out, DWORD room,
                                   DWORD* written, DWORD) {
  const std::wstring name = property;
  const auto text = [&](const std::wstring& value) {
    return Give(value.c_str(), (value.size() + 1) * sizeof(wchar_t), out, room, written);
  };
  const auto number = [&](DWORD value) { return Give(&value, sizeof value, out, room, written); };
  Provider provider;
  if (FindProvider(handle, provider)) {
    if (name == NCRYPT_NAME_PROPERTY) return text(provider.name);
    if (name == NCRYPT_IMPL_TYPE_PROPERTY) {
      return number(provider.tpm ? NCRYPT_IMPL_HARDWARE_FLAG : NCRYPT_IMPL_SOFTWARE_FLAG);
    }
    return NTE_NOT_SUPPORTED;
  }
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (name == NCRYPT_NAME_PROPERTY) return text(key->name);
  if (name == NCRYPT_UNIQUE_NAME_PROPERTY) {
    const std::wstring path = FileOf(key->provider, key->name, key->machine);
    return text(path.substr(path.rfind(L'\\') + 1));
  }
  if (name == NCRYPT_ALGORITHM_GROUP_PROPERTY) {
    return text(key->algorithm == L"RSA" ? L"RSA" : L"ECDSA");
  }
  if (name == NCRYPT_LENGTH_PROPERTY) return number(key->bits);
  if (name == NCRYPT_EXPORT_POLICY_PROPERTY) return number(key->policy);
  if (name == NCRYPT_KEY_TYPE_PROPERTY) return number(key->machine ? NCRYPT_MACHINE_KEY_FLAG : 0);
  if (name == NCRYPT_PROVIDER_HANDLE_PROPERTY) {
    NCRYPT_PROV_HANDLE made = 0;
    OpenProvider(&made, key->provider.name.c_str(), 0);
    return Give(&made, sizeof made, out, room, written);
  }
  return NTE_NOT_FOUND;
}

SECURITY_STATUS WINAPI SetProperty(NCRYPT_HANDLE handle, LPCWSTR property, PBYTE value, DWORD size,
                                   DWORD) {
  const OpenSslCall call;
  const std::wstring name = property;
  if (name == NCRYPT_WINDOW_HANDLE_PROPERTY) return ERROR_SUCCESS;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (key->finalized) return NTE_NOT_SUPPORTED;  // [keys 9]
  if (name == NCRYPT_LENGTH_PROPERTY) {
    std::memcpy(&key->bits, value, sizeof key->bits);
    return ERROR_SUCCESS;
  }
  if (name == NCRYPT_EXPORT_POLICY_PROPERTY) {
    if (key->provider.tpm) return NTE_NOT_SUPPORTED;
    std::memcpy(&key->policy, value, sizeof key->policy);
    return ERROR_SUCCESS;
  }
  if (name == L"RSAFULLPRIVATEBLOB") {  // [keys 13]
    key->pkey = FromRsaBlob(value, size);
  } else if (name == L"ECCPRIVATEBLOB") {
    key->pkey = FromEcBlob(value, size);
  } else {
    return NTE_NOT_SUPPORTED;
  }
  return key->pkey == nullptr ? NTE_BAD_DATA : ERROR_SUCCESS;
}

// Whether the key needs a dialog that the call forbids. [keys 16]
bool Refuses(const Key& key, DWORD flags) {
  const std::lock_guard<std::mutex> guard(mutex);
  return pins.count(key.name) != 0 && (flags & NCRYPT_SILENT_FLAG) != 0;
}

const EVP_MD* Digest(LPCWSTR name) {
  if (name == nullptr) return nullptr;
  const std::wstring text = name;
  if (text == L"SHA1") return EVP_sha1();
  if (text == L"SHA256") return EVP_sha256();
  if (text == L"SHA384") return EVP_sha384();
  if (text == L"SHA512") return EVP_sha512();
  if (text == L"MD5") return EVP_md5();
  return nullptr;
}

// [keys 17]
SECURITY_STATUS WINAPI SignHash(NCRYPT_KEY_HANDLE handle, VOID* padding, PBYTE hash,
                                DWORD hash_size, PBYTE out, DWORD room, DWORD* written,
                                DWORD flags) {
  const OpenSslCall call;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (Refuses(*key, flags)) return NTE_SILENT_CONTEXT;
  EVP_PKEY* const pkey = key->pkey.get();
  const bool rsa = key->algorithm == L"RSA";
  const size_t width = rsa ? static_cast<size_t>(EVP_PKEY_get_size(pkey))
                           : 2 * static_cast<size_t>((EVP_PKEY_get_bits(pkey) + 7) / 8);
  *written = static_cast<DWORD>(width);
  if (out == nullptr) return ERROR_SUCCESS;
  if (room < width) return NTE_BUFFER_TOO_SMALL;
  EVP_PKEY_CTX* const ctx = EVP_PKEY_CTX_new(pkey, nullptr);
  EVP_PKEY_sign_init(ctx);
  bool good = true;
  if (rsa && (flags & NCRYPT_PAD_PSS_FLAG) != 0) {
    const auto& pss = *static_cast<BCRYPT_PSS_PADDING_INFO*>(padding);
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, Digest(pss.pszAlgId)) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, static_cast<int>(pss.cbSalt)) == 1;
  } else if (rsa) {
    const auto* const pkcs1 = static_cast<BCRYPT_PKCS1_PADDING_INFO*>(padding);
    if (pkcs1 == nullptr) {
      EVP_PKEY_CTX_free(ctx);
      return NTE_INVALID_PARAMETER;
    }
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    if (pkcs1->pszAlgId != nullptr) {
      good = good && EVP_PKEY_CTX_set_signature_md(ctx, Digest(pkcs1->pszAlgId)) == 1;
    }
  }
  Bytes signature(width + 64);
  size_t size = signature.size();
  good = good && EVP_PKEY_sign(ctx, signature.data(), &size, hash, hash_size) == 1;
  EVP_PKEY_CTX_free(ctx);
  if (!good) return NTE_INVALID_PARAMETER;
  if (rsa) {
    std::memcpy(out, signature.data(), width);
    return ERROR_SUCCESS;
  }
  const unsigned char* at = signature.data();
  ECDSA_SIG* const parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, static_cast<int>(width / 2));
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + width / 2, static_cast<int>(width / 2));
  ECDSA_SIG_free(parts);
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI Decrypt(NCRYPT_KEY_HANDLE handle, PBYTE in, DWORD in_size, VOID* padding,
                               PBYTE out, DWORD room, DWORD* written, DWORD flags) {
  const OpenSslCall call;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (Refuses(*key, flags)) return NTE_SILENT_CONTEXT;
  if (key->algorithm != L"RSA") return NTE_NOT_SUPPORTED;
  const size_t width = static_cast<size_t>(EVP_PKEY_get_size(key->pkey.get()));
  *written = static_cast<DWORD>(width);
  if (out == nullptr) return ERROR_SUCCESS;
  EVP_PKEY_CTX* const ctx = EVP_PKEY_CTX_new(key->pkey.get(), nullptr);
  EVP_PKEY_decrypt_init(ctx);
  bool good = true;
  if ((flags & NCRYPT_PAD_OAEP_FLAG) != 0) {
    const auto& oaep = *static_cast<BCRYPT_OAEP_PADDING_INFO*>(padding);
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, Digest(oaep.pszAlgId)) == 1;
    if (oaep.cbLabel != 0) {
      void* const label = OPENSSL_memdup(oaep.pbLabel, oaep.cbLabel);
      good =
          good && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, static_cast<int>(oaep.cbLabel)) == 1;
    }
  } else if ((flags & NCRYPT_PAD_PKCS1_FLAG) != 0) {
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
  } else {
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
  }
  Bytes plain(width);
  size_t size = plain.size();
  good = good && EVP_PKEY_decrypt(ctx, plain.data(), &size, in, in_size) == 1;
  EVP_PKEY_CTX_free(ctx);
  if (!good) return NTE_INVALID_PARAMETER;
  if (room < size) return NTE_BUFFER_TOO_SMALL;
  std::memcpy(out, plain.data(), size);
  *written = static_cast<DWORD>(size);
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI ExportKey(NCRYPT_KEY_HANDLE handle, NCRYPT_KEY_HANDLE, LPCWSTR type,
                                 NCryptBufferDesc* parameters, PBYTE out, DWORD room,
                                 DWORD* written, DWORD flags) {
  const OpenSslCall call;
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  if (Refuses(*key, flags)) return NTE_SILENT_CONTEXT;
  if (std::wstring(type) != L"PKCS8_PRIVATEKEY") return NTE_NOT_SUPPORTED;
  // [keys 10] [keys 11]
  const bool plain = parameters == nullptr;
  const DWORD needed = plain ? NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG : NCRYPT_ALLOW_EXPORT_FLAG;
  if (key->provider.tpm || (key->policy & needed) == 0) return NTE_NOT_SUPPORTED;
  PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key->pkey.get());
  unsigned char* der = nullptr;
  int size = 0;
  if (plain) {
    size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  } else {
    std::string secret, salt;  // [keys 22]
    int iterations = 0;
    for (ULONG index = 0; index < parameters->cBuffers; ++index) {
      const NCryptBuffer& buffer = parameters->pBuffers[index];
      if (buffer.BufferType == NCRYPTBUFFER_PKCS_SECRET) {
        for (const wchar_t* at = static_cast<wchar_t*>(buffer.pvBuffer); *at != 0; ++at) {
          secret.push_back(static_cast<char>(*at));  // the tests use ASCII only
        }
      }
      if (buffer.BufferType == NCRYPTBUFFER_PKCS_ALG_PARAM) {
        const auto& pbe = *static_cast<CRYPT_PKCS12_PBE_PARAMS*>(buffer.pvBuffer);
        iterations = pbe.iIterations;
        salt.assign(reinterpret_cast<const char*>(&pbe + 1), pbe.cbSalt);
      }
    }
    X509_SIG* const sealed = PKCS8_encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, nullptr,
                                           secret.c_str(), static_cast<int>(secret.size()),
                                           reinterpret_cast<unsigned char*>(salt.data()),
                                           static_cast<int>(salt.size()), iterations, info);
    size = sealed == nullptr ? 0 : i2d_X509_SIG(sealed, &der);
    X509_SIG_free(sealed);
  }
  PKCS8_PRIV_KEY_INFO_free(info);
  if (size <= 0) return NTE_FAIL;
  const SECURITY_STATUS status = Give(der, static_cast<size_t>(size), out, room, written);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return status;
}

bool LocationOf(PCCERT_CONTEXT certificate, Bytes& memory) {
  DWORD size = 0;
  if (!CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, nullptr, &size))
    return false;
  memory.resize(size);
  return CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, memory.data(),
                                           &size) != FALSE;
}

BOOL WINAPI AcquireKey(PCCERT_CONTEXT certificate, DWORD flags, void* parameters,
                       HCRYPTPROV_OR_NCRYPT_KEY_HANDLE* out, DWORD* spec, BOOL* owned) {
  Bytes memory;
  if (LocationOf(certificate, memory)) {
    const auto& info = *reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(memory.data());
    if (info.dwProvType == 0) {  // [keys 1] [keys 19]
      if ((flags & (CRYPT_ACQUIRE_ALLOW_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG |
                    CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG)) == 0) {
        SetLastError(static_cast<DWORD>(NTE_BAD_PROV_TYPE));
        return FALSE;
      }
      NCRYPT_PROV_HANDLE provider = 0;
      NCRYPT_KEY_HANDLE key = 0;
      SECURITY_STATUS status = OpenProvider(&provider, info.pwszProvName, 0);
      if (status == ERROR_SUCCESS) {
        status = OpenKey(provider, &key, info.pwszContainerName, 0,
                         (info.dwFlags & CRYPT_MACHINE_KEYSET) != 0 ? NCRYPT_MACHINE_KEY_FLAG : 0);
        FreeObject(provider);
      }
      if (status != ERROR_SUCCESS) {
        SetLastError(static_cast<DWORD>(status));
        return FALSE;
      }
      *out = key;
      *spec = CERT_NCRYPT_KEY_SPEC;
      *owned = TRUE;
      return TRUE;
    }
  }
  return CryptAcquireCertificatePrivateKey(certificate, flags, parameters, out, spec, owned);
}

BOOL WINAPI ExportPublicKey(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE handle, DWORD spec, DWORD encoding,
                            PCERT_PUBLIC_KEY_INFO info, DWORD* size) {
  const auto key = FindKey(handle);
  if (key == nullptr) return CryptExportPublicKeyInfo(handle, spec, encoding, info, size);
  const OpenSslCall call;
  // The caller gets a structure with pointers into itself, which crypt32 makes from DER.
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key->pkey.get(), &der);
  const BOOL done = CryptDecodeObject(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO, der,
                                      static_cast<DWORD>(length), 0, info, size);
  OPENSSL_free(der);
  return done;
}

// LSASS can use the key of a CSP that may not be exported. The double has to export it from Wine.
// So it makes every key of a CSP exportable, and such a key reports a wrong export policy. [keys 3]
BOOL WINAPI ImportCapiKey(HCRYPTPROV provider, const BYTE* data, DWORD size, HCRYPTKEY public_key,
                          DWORD flags, HCRYPTKEY* out) {
  return CryptImportKey(provider, data, size, public_key, flags | CRYPT_EXPORTABLE, out);
}
BOOL WINAPI GenerateCapiKey(HCRYPTPROV provider, ALG_ID algorithm, DWORD flags, HCRYPTKEY* out) {
  return CryptGenKey(provider, algorithm, flags | CRYPT_EXPORTABLE, out);
}

schannel::KeyApi MakeApi() {
  schannel::KeyApi api;
  api.capi.import_key = &ImportCapiKey;
  api.capi.generate_key = &GenerateCapiKey;
  api.cng.open_provider = &OpenProvider;
  api.cng.open_key = &OpenKey;
  api.cng.create_key = &CreateKey;
  api.cng.import_key = &ImportKey;
  api.cng.finalize_key = &FinalizeKey;
  api.cng.delete_key = &DeleteKey;
  api.cng.enum_keys = &EnumKeys;
  api.cng.get_property = &GetProperty;
  api.cng.set_property = &SetProperty;
  api.cng.sign_hash = &SignHash;
  api.cng.decrypt = &Decrypt;
  api.cng.export_key = &ExportKey;
  api.cng.free_object = &FreeObject;
  api.cng.free_buffer = &FreeBuffer;
  api.acquire_key = &AcquireKey;
  api.export_public_key = &ExportPublicKey;
  return api;
}

// The key of a CSP, which Wine has in its registry and exports if it was made exportable.
PKey FromContainer(const CRYPT_KEY_PROV_INFO& info) {
  HCRYPTPROV provider = 0;
  if (!CryptAcquireContextW(&provider, info.pwszContainerName, info.pwszProvName, info.dwProvType,
                            (info.dwFlags & CRYPT_MACHINE_KEYSET) | CRYPT_SILENT)) {
    return nullptr;
  }
  PKey pkey;
  HCRYPTKEY handle = 0;
  if (CryptGetUserKey(provider, info.dwKeySpec == 0 ? AT_KEYEXCHANGE : info.dwKeySpec, &handle)) {
    DWORD size = 0;
    if (CryptExportKey(handle, 0, PRIVATEKEYBLOB, 0, nullptr, &size)) {
      Bytes blob(size);
      if (CryptExportKey(handle, 0, PRIVATEKEYBLOB, 0, blob.data(), &size)) {
        const unsigned char* at = blob.data();
        pkey.reset(b2i_PrivateKey(&at, static_cast<long>(size)));
      }
    }
    CryptDestroyKey(handle);
  }
  CryptReleaseContext(provider, 0);
  return pkey;
}

}  // namespace

const schannel::KeyApi& DoubleKeyApi() {
  static const schannel::KeyApi api = MakeApi();
  return api;
}

PKey FindStoredKey(const std::wstring& provider, const std::wstring& name, bool machine) {
  Stored head;
  std::wstring stored;
  PKey pkey;
  Load(FileOf({provider, provider == kPlatform}, name, machine), head, stored, pkey);
  return pkey;
}

void SetPinNeeded(const std::wstring& name, bool needed) {
  const std::lock_guard<std::mutex> guard(mutex);
  if (needed) {
    pins.insert(name);
  } else {
    pins.erase(name);
  }
}

SECURITY_STATUS LsassKey(PCCERT_CONTEXT certificate, PKey& key) {
  Bytes memory;
  // A key that hangs on the certificate as a handle does not count. [keys 2] [credentials 10]
  if (!LocationOf(certificate, memory)) return SEC_E_NO_CREDENTIALS;
  const auto& info = *reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(memory.data());
  key = info.dwProvType == 0
            ? FindStoredKey(info.pwszProvName == nullptr ? kSoftware : info.pwszProvName,
                            info.pwszContainerName, (info.dwFlags & CRYPT_MACHINE_KEYSET) != 0)
            : FromContainer(info);
  // [credentials 11]
  return key == nullptr ? CurrentProfile().no_container : SEC_E_OK;
}

}  // namespace schannel_double
