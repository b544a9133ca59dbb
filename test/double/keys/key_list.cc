#include <cstring>
#include <new>

#include "double/keys/key_calls.h"
#include "double/keys/key_handles.h"
#include "double/world.h"

namespace schannel_double {
namespace {

struct EnumState {
  struct Entry {
    std::wstring name;
    std::wstring algorithm;
  };
  std::vector<Entry> entries;
  size_t next = 0;
};

}  // namespace

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
    for (const Key& key : StoredKeys(provider, (flags & NCRYPT_MACHINE_KEY_FLAG) != 0)) {
      list->entries.push_back({key.name, key.algorithm});
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

}  // namespace schannel_double
