#include "napi/convert.h"

#include <limits>

#include "napi/guard.h"

namespace schannel {
namespace {

void CheckArgument(napi_status status) {
  if (status != napi_ok) throw WindowsError(E_INVALIDARG, "argument of the wrong type");
}

// `buffer` (or null) gets what the array is a view of.
MutableByteView TypedArrayBytes(napi_env env, napi_value value, napi_value* buffer) {
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  CheckArgument(napi_get_typedarray_info(env, value, &type, &length, &data, buffer, nullptr));
  if (type != napi_uint8_array) throw WindowsError(E_INVALIDARG, "argument of the wrong type");
  return {static_cast<uint8_t*>(data), length};
}

// `convert` makes an element of a value of the array.
template <typename Convert>
auto ListOf(napi_env env, napi_value value, Convert convert) {
  uint32_t length = 0;
  CheckArgument(napi_get_array_length(env, value, &length));
  std::vector<decltype(convert(env, value))> list;
  list.reserve(length);
  for (uint32_t index = 0; index < length; ++index) {
    napi_value item = nullptr;
    CheckNapi(env, napi_get_element(env, value, index, &item));
    list.push_back(convert(env, item));
  }
  return list;
}

static_assert(sizeof(wchar_t) == sizeof(char16_t), "Windows' wide characters are UTF-16");

}  // namespace

uint32_t ToUint32(napi_env env, napi_value value) {
  uint32_t number = 0;
  CheckArgument(napi_get_value_uint32(env, value, &number));
  return number;
}

uint32_t ToOffset(napi_env env, napi_value value) {
  double number = 0;
  CheckArgument(napi_get_value_double(env, value, &number));
  // Written so that NaN fails, too.
  if (!(number >= 0 && number <= std::numeric_limits<uint32_t>::max())) {
    throw WindowsError(E_INVALIDARG, "offset outside of its range");
  }
  const auto offset = static_cast<uint32_t>(number);
  if (offset != number) throw WindowsError(E_INVALIDARG, "offset outside of its range");
  return offset;
}

bool ToBool(napi_env env, napi_value value) {
  bool truth = false;
  CheckArgument(napi_get_value_bool(env, value, &truth));
  return truth;
}

bool IsNull(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  CheckNapi(env, napi_typeof(env, value, &type));
  return type == napi_null;
}

bool IsUndefined(napi_env env, napi_value value) {
  napi_valuetype type = napi_null;
  CheckNapi(env, napi_typeof(env, value, &type));
  return type == napi_undefined;
}

std::string ToUtf8(napi_env env, napi_value value) {
  size_t length = 0;
  CheckArgument(napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  CheckArgument(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

std::wstring ToWide(napi_env env, napi_value value) {
  size_t length = 0;
  CheckArgument(napi_get_value_string_utf16(env, value, nullptr, 0, &length));
  std::wstring text(length, L'\0');
  CheckArgument(napi_get_value_string_utf16(env, value, reinterpret_cast<char16_t*>(text.data()),
                                            length + 1, &length));
  return text;
}

MutableByteView ToByteView(napi_env env, napi_value value) {
  return TypedArrayBytes(env, value, nullptr);
}

MutableByteView ToUnsharedByteView(napi_env env, napi_value value) {
  napi_value buffer = nullptr;
  const MutableByteView view = TypedArrayBytes(env, value, &buffer);
  bool unshared = false;
  CheckNapi(env, napi_is_arraybuffer(env, buffer, &unshared));
  if (!unshared) throw WindowsError(E_INVALIDARG, "output in shared memory");
  return view;
}

Bytes ToBytes(napi_env env, napi_value value) {
  const MutableByteView view = ToByteView(env, value);
  return ByteView(view.data, view.size).Copy();
}

std::vector<Bytes> ToBytesList(napi_env env, napi_value value) {
  return ListOf(env, value, &ToBytes);
}

std::vector<std::wstring> ToWideList(napi_env env, napi_value value) {
  return ListOf(env, value, &ToWide);
}

std::vector<DWORD> ToUint32List(napi_env env, napi_value value) {
  return ListOf(env, value, [](napi_env environment, napi_value item) -> DWORD {
    return ToUint32(environment, item);
  });
}

Role ToRole(napi_env env, napi_value value) {
  const std::string role = ToUtf8(env, value);
  if (role == "client") return Role::kClient;
  if (role == "server") return Role::kServer;
  throw WindowsError(E_INVALIDARG, "unknown role");
}

napi_value GetProperty(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  CheckNapi(env, napi_get_named_property(env, object, name, &value));
  return value;
}

Napi::Value FromBytes(napi_env env, ByteView bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data, bytes.size);
}

Napi::Value FromBytesList(napi_env env, const std::vector<Bytes>& list) {
  Napi::Array array = Napi::Array::New(env, list.size());
  for (uint32_t index = 0; index < list.size(); ++index)
    array.Set(index, FromBytes(env, list[index]));
  return array;
}

Napi::Value FromWide(napi_env env, const wchar_t* text) {
  return Napi::String::New(env, reinterpret_cast<const char16_t*>(text));
}

Napi::Value FromWide(napi_env env, const std::wstring& text) {
  return Napi::String::New(env, reinterpret_cast<const char16_t*>(text.data()), text.size());
}

Napi::Value FromWideList(napi_env env, const std::vector<std::wstring>& list) {
  Napi::Array array = Napi::Array::New(env, list.size());
  for (uint32_t index = 0; index < list.size(); ++index)
    array.Set(index, FromWide(env, list[index]));
  return array;
}

Napi::Value FromStatus(napi_env env, LONG status) {
  return Napi::Number::New(env, static_cast<ULONG>(status));
}

Napi::Value FromFileTime(napi_env env, ULONGLONG time) {
  constexpr ULONGLONG k1970 = 116'444'736'000'000'000;
  return Napi::Number::New(env, time < k1970 ? 0 : static_cast<double>((time - k1970) / 10'000));
}

Napi::Value FromOptionalBytes(napi_env env, const std::optional<Bytes>& bytes) {
  return bytes ? FromBytes(env, *bytes) : Napi::Env(env).Null();
}

}  // namespace schannel
