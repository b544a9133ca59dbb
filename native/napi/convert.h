// Values from and to JavaScript. TypeScript has checked them. A wrong value is
// E_INVALIDARG.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>
#include <vector>

#include <napi.h>

#include "platform/bytes.h"
#include "platform/role.h"

namespace schannel {

[[nodiscard]] uint32_t ToUint32(napi_env env, napi_value value);
[[nodiscard]] bool ToBool(napi_env env, napi_value value);
[[nodiscard]] bool IsNull(napi_env env, napi_value value);
[[nodiscard]] bool IsUndefined(napi_env env, napi_value value);
[[nodiscard]] std::string ToUtf8(napi_env env, napi_value value);
[[nodiscard]] std::wstring ToWide(napi_env env, napi_value value);
// A whole number from 0 to 2^32 - 1; anything else is refused, where ToUint32() would wrap it.
[[nodiscard]] uint32_t ToOffset(napi_env env, napi_value value);
// Valid until control returns to JavaScript. A detached array has no bytes.
[[nodiscard]] MutableByteView ToByteView(napi_env env, napi_value value);
// The same, of memory that no other thread has: not of a SharedArrayBuffer.
[[nodiscard]] MutableByteView ToUnsharedByteView(napi_env env, napi_value value);
[[nodiscard]] Bytes ToBytes(napi_env env, napi_value value);
[[nodiscard]] std::vector<Bytes> ToBytesList(napi_env env, napi_value value);
[[nodiscard]] std::vector<std::wstring> ToWideList(napi_env env, napi_value value);
[[nodiscard]] std::vector<DWORD> ToUint32List(napi_env env, napi_value value);
[[nodiscard]] Role ToRole(napi_env env, napi_value value);
[[nodiscard]] napi_value GetProperty(napi_env env, napi_value object, const char* name);

[[nodiscard]] Napi::Value FromBytes(napi_env env, ByteView bytes);
[[nodiscard]] Napi::Value FromBytesList(napi_env env, const std::vector<Bytes>& list);
[[nodiscard]] Napi::Value FromWide(napi_env env, const wchar_t* text);
[[nodiscard]] Napi::Value FromWide(napi_env env, const std::wstring& text);
[[nodiscard]] Napi::Value FromWideList(napi_env env, const std::vector<std::wstring>& list);
// Statuses and bit masks are unsigned in JavaScript.
[[nodiscard]] Napi::Value FromStatus(napi_env env, LONG status);
// 100 ns since 1601 (FILETIME) as milliseconds since 1970, which a double holds exactly.
[[nodiscard]] Napi::Value FromFileTime(napi_env env, ULONGLONG time);
[[nodiscard]] Napi::Value FromOptionalBytes(napi_env env, const std::optional<Bytes>& bytes);

}  // namespace schannel
