#include "double/keys/key_file.h"

#include <cstring>

namespace schannel_double {
namespace {

// Other processes find a key in its folder, and it outlives this one. [keys 5]
std::wstring FolderOf(const Provider& provider, bool machine) {
  wchar_t base[MAX_PATH] = L"";
  GetEnvironmentVariableW(machine ? L"ProgramData" : L"LOCALAPPDATA", base, MAX_PATH);
  std::wstring path = std::wstring(base) + L"\\schannel-double";
  CreateDirectoryW(path.c_str(), nullptr);
  path += provider.tpm ? L"\\tpm" : provider.name == kCspCopies ? L"\\csp" : L"\\keys";
  CreateDirectoryW(path.c_str(), nullptr);
  return path + L"\\";
}

std::wstring PathOf(const Key& key) {
  return FolderOf(key.provider, key.machine) + FileNameOf(key);
}

struct Head {
  DWORD policy = 0;
  DWORD name_size = 0;
  DWORD security_size = 0;
};

bool Read(const std::wstring& path, Key& key) {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                  nullptr, OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return false;
  Bytes bytes(16384);
  DWORD size = 0;
  ReadFile(file, bytes.data(), static_cast<DWORD>(bytes.size()), &size, nullptr);
  CloseHandle(file);
  Head head;
  if (size < sizeof head) return false;
  std::memcpy(&head, bytes.data(), sizeof head);
  const size_t text = head.name_size * sizeof(wchar_t);
  const size_t before_key = sizeof head + text + head.security_size;
  if (size < before_key) return false;
  key.name.assign(head.name_size, L'\0');
  std::memcpy(key.name.data(), bytes.data() + sizeof head, text);
  const unsigned char* at = bytes.data() + sizeof head + text;
  key.security.assign(at, at + head.security_size);
  at += head.security_size;
  key.pkey.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(size - before_key)));
  if (key.pkey == nullptr) return false;
  key.policy = head.policy;
  key.finalized = true;
  key.algorithm = AlgorithmOf(key.pkey.get());
  key.bits = static_cast<DWORD>(EVP_PKEY_get_bits(key.pkey.get()));
  return true;
}

}  // namespace

std::wstring AlgorithmOf(EVP_PKEY* pkey) {
  if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA) return L"RSA";
  return EVP_PKEY_get_bits(pkey) == 384   ? L"ECDSA_P384"
         : EVP_PKEY_get_bits(pkey) == 521 ? L"ECDSA_P521"
                                          : L"ECDSA_P256";
}

std::wstring FileNameOf(const Key& key) {
  std::wstring lower = key.name;  // [keys 6]
  for (wchar_t& c : lower) c = static_cast<wchar_t>(towlower(c));
  uint8_t hash[32];
  EVP_Digest(lower.data(), lower.size() * sizeof(wchar_t), hash, nullptr, EVP_sha256(), nullptr);
  static const wchar_t kHex[] = L"0123456789abcdef";
  std::wstring name;
  for (const uint8_t byte : hash) {
    name.push_back(kHex[byte >> 4]);
    name.push_back(kHex[byte & 15]);
  }
  return name;
}

bool IsStored(const Key& key) {
  return GetFileAttributesW(PathOf(key).c_str()) != INVALID_FILE_ATTRIBUTES;
}

// [keys 8]
SECURITY_STATUS Save(const Key& key) {
  const HANDLE file = CreateFileW(PathOf(key).c_str(), GENERIC_WRITE, 0, nullptr,
                                  key.overwrites ? CREATE_ALWAYS : CREATE_NEW, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) {
    return GetLastError() == ERROR_FILE_EXISTS ? NTE_EXISTS : NTE_PERM;
  }
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key.pkey.get(), &der);
  const Head head = {key.policy, static_cast<DWORD>(key.name.size()),
                     static_cast<DWORD>(key.security.size())};
  DWORD done = 0;
  WriteFile(file, &head, sizeof head, &done, nullptr);
  WriteFile(file, key.name.data(), static_cast<DWORD>(key.name.size() * sizeof(wchar_t)), &done,
            nullptr);
  WriteFile(file, key.security.data(), head.security_size, &done, nullptr);
  WriteFile(file, der, static_cast<DWORD>(size), &done, nullptr);
  CloseHandle(file);
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return ERROR_SUCCESS;
}

bool Load(Key& key) { return Read(PathOf(key), key); }

bool Remove(const Key& key) { return DeleteFileW(PathOf(key).c_str()) != FALSE; }

std::vector<Key> StoredKeys(const Provider& provider, bool machine) {
  std::vector<Key> keys;
  const std::wstring folder = FolderOf(provider, machine);
  WIN32_FIND_DATAW found = {};
  const HANDLE search = FindFirstFileW((folder + L"*").c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) return keys;
  do {
    Key key;
    key.provider = provider;
    key.machine = machine;
    if (Read(folder + found.cFileName, key)) keys.push_back(std::move(key));
  } while (FindNextFileW(search, &found));
  FindClose(search);
  return keys;
}

}  // namespace schannel_double
