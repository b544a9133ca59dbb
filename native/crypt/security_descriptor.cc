#include "crypt/security_descriptor.h"

#include <cstring>

namespace schannel {
namespace {

template <typename Structure>
bool Read(ByteView bytes, size_t offset, Structure& structure) {
  if (offset > bytes.size || bytes.size - offset < sizeof(Structure)) return false;
  std::memcpy(&structure, bytes.data + offset, sizeof(Structure));
  return true;
}

// A part that is not there has the offset 0.
bool IsSid(ByteView bytes, size_t offset) {
  struct Head {
    BYTE revision;
    BYTE count;
  } head;
  if (offset == 0) return true;
  if (offset % sizeof(DWORD) != 0 || !Read(bytes, offset, head)) return false;
  return head.revision == SID_REVISION && head.count <= SID_MAX_SUB_AUTHORITIES &&
         bytes.size - offset >= GetSidLengthRequired(head.count);
}

bool IsAcl(ByteView bytes, size_t offset) {
  ACL head;
  if (offset == 0) return true;
  if (offset % sizeof(DWORD) != 0 || !Read(bytes, offset, head)) return false;
  if (head.AclSize < sizeof(ACL) || head.AclSize > bytes.size - offset) return false;
  size_t at = offset + sizeof(ACL);
  const size_t end = offset + head.AclSize;
  for (WORD index = 0; index < head.AceCount; ++index) {
    ACE_HEADER entry;
    if (at > end || end - at < sizeof(entry) || !Read(bytes, at, entry)) return false;
    if (entry.AceSize < sizeof(entry) || entry.AceSize > end - at) return false;
    const bool has_sid =
        entry.AceType == ACCESS_ALLOWED_ACE_TYPE || entry.AceType == ACCESS_DENIED_ACE_TYPE;
    const ByteView whole(bytes.data, at + entry.AceSize);
    if (has_sid && !IsSid(whole, at + offsetof(ACCESS_ALLOWED_ACE, SidStart))) return false;
    at += entry.AceSize;
  }
  return true;
}

}  // namespace

bool IsSelfRelativeDescriptor(ByteView bytes) {
  SECURITY_DESCRIPTOR_RELATIVE head;
  if (!Read(bytes, 0, head)) return false;
  if (head.Revision != SECURITY_DESCRIPTOR_REVISION || (head.Control & SE_SELF_RELATIVE) == 0) {
    return false;
  }
  return IsSid(bytes, head.Owner) && IsSid(bytes, head.Group) && IsAcl(bytes, head.Sacl) &&
         IsAcl(bytes, head.Dacl) &&
         IsValidSecurityDescriptor(const_cast<uint8_t*>(bytes.data)) != FALSE;
}

}  // namespace schannel
