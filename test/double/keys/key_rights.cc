#include "double/keys/key_rights.h"

#include <mutex>

#include "platform/security_attributes.h"
#include "process/user_security.h"
#include <sddl.h>

namespace schannel_double {
namespace {

std::mutex mutex;
std::wstring account;  // empty: the owner of all keys

std::wstring Account() {
  const std::lock_guard<std::mutex> guard(mutex);
  return account;
}

// Of a file: a key of CNG is one.
constexpr GENERIC_MAPPING kFile = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                                   FILE_ALL_ACCESS};

Bytes CopyOf(PSECURITY_DESCRIPTOR descriptor) {
  const auto* const bytes = static_cast<const uint8_t*>(descriptor);
  return Bytes(bytes, bytes + GetSecurityDescriptorLength(descriptor));
}

// The entries of a descriptor that allow or deny something.
template <typename Use>
void ForEachEntry(Bytes& descriptor, Use&& use) {
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  ACL* list = nullptr;
  if (!GetSecurityDescriptorDacl(descriptor.data(), &present, &list, &defaulted)) return;
  for (DWORD index = 0; list != nullptr && index < list->AceCount; ++index) {
    void* entry = nullptr;
    if (!GetAce(list, index, &entry)) return;
    auto& allowed = *static_cast<ACCESS_ALLOWED_ACE*>(entry);
    if (allowed.Header.AceType <= ACCESS_DENIED_ACE_TYPE) use(allowed);
  }
}

bool IsOf(const ACCESS_ALLOWED_ACE& entry, const std::wstring& sid) {
  wchar_t* text = nullptr;
  if (!ConvertSidToStringSidW(const_cast<DWORD*>(&entry.SidStart), &text)) return false;
  const bool same = sid == text;
  LocalFree(text);
  return same;
}

}  // namespace

Bytes SecurityOf(const Key& key) {
  if (!key.security.empty()) return key.security;
  const std::wstring owner = key.machine ? L"" : L"(A;;FA;;;" + schannel::UserSid() + L")";
  schannel::SecurityAttributes attributes(L"D:P(A;;FA;;;SY)(A;;FA;;;BA)" + owner);
  return CopyOf(attributes.get()->lpSecurityDescriptor);
}

SECURITY_STATUS SetSecurity(Key& key, const void* descriptor) {
  if (!Account().empty()) return NTE_PERM;
  key.security = CopyOf(const_cast<void*>(descriptor));
  // The file keeps no generic rights.
  ForEachEntry(key.security, [](ACCESS_ALLOWED_ACE& entry) {
    GENERIC_MAPPING mapping = kFile;
    MapGenericMask(&entry.Mask, &mapping);
  });
  key.overwrites = true;
  return Save(key);
}

bool MayUse(const Key& key) {
  const std::wstring sid = Account();
  if (sid.empty()) return true;
  Bytes descriptor = SecurityOf(key);
  bool allowed = false;
  bool denied = false;
  ForEachEntry(descriptor, [&](const ACCESS_ALLOWED_ACE& entry) {
    if ((entry.Mask & FILE_READ_DATA) == 0 || !IsOf(entry, sid)) return;
    (entry.Header.AceType == ACCESS_ALLOWED_ACE_TYPE ? allowed : denied) = true;
  });
  return allowed && !denied;
}

void SetAccount(const std::wstring& sid) {
  const std::lock_guard<std::mutex> guard(mutex);
  account = sid;
}

}  // namespace schannel_double
