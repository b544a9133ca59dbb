// A certificate by itself, and what Windows keeps beside it.
#pragma once

#include "platform/win.h"

#include <optional>

#include "crypt/key_location.h"
#include "handle/handles.h"
#include "platform/bytes.h"

namespace schannel {

// All throw WindowsError.
[[nodiscard]] UniqueCertificate DecodeCertificate(ByteView der);

// Absent when there is none. Refuses properties whose values are handles or pointers: outside of
// their process, or after a copy, they mean nothing or free what is in use.
[[nodiscard]] std::optional<Bytes> ReadProperty(PCCERT_CONTEXT certificate, DWORD id);
// Absent removes.
void WriteProperty(PCCERT_CONTEXT certificate, DWORD id, const std::optional<Bytes>& value);

[[nodiscard]] std::optional<KeyLocation> ReadKeyLocation(PCCERT_CONTEXT certificate);
void WriteKeyLocation(PCCERT_CONTEXT certificate, const std::optional<KeyLocation>& location);

}  // namespace schannel
