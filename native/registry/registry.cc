#include "registry/registry.h"

#include <optional>
#include <utility>

#include "handle/unique_handle.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

struct OpenKey {
  HKEY raw;
  const RegistryKeyApi* api;
};

struct OpenKeyTraits {
  using Raw = OpenKey;
  static constexpr HandleKind kKind = HandleKind::kRegistryKey;
  static Raw Empty() noexcept { return {nullptr, nullptr}; }
  static bool Valid(const Raw& key) noexcept { return key.raw != nullptr; }
  static void Free(const Raw& key) noexcept { key.api->close(key.raw); }
};
using UniqueKey = UniqueHandle<OpenKeyTraits>;

void CheckPath(const std::wstring& path) {
  if (path.empty() || path.front() == L'\\' || path.back() == L'\\' ||
      path.find(L'\0') != std::wstring::npos) {
    throw WindowsError(E_INVALIDARG, "path of a registry key");
  }
}

// The predefined key that a path is below, and what follows it.
struct Place {
  HKEY root;
  std::wstring path;
};

// Throws for a path that is none.
Place PlaceOf(const std::wstring& path) {
  static const std::wstring kUser = L"HKEY_CURRENT_USER\\";
  const bool is_of_user = path.compare(0, kUser.size(), kUser) == 0;
  Place place{is_of_user ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE,
              is_of_user ? path.substr(kUser.size()) : path};
  CheckPath(place.path);
  return place;
}

void CheckName(const std::wstring& name) {
  if (name.find(L'\0') != std::wstring::npos) {
    throw WindowsError(E_INVALIDARG, "name of a registry value");
  }
}

void Check(LSTATUS status, const char* syscall) {
  if (status != ERROR_SUCCESS) throw WindowsError(status, syscall);
}

// ERROR_KEY_DELETED: it was removed while it was open.
bool IsAbsent(LSTATUS status) {
  return status == ERROR_FILE_NOT_FOUND || status == ERROR_PATH_NOT_FOUND ||
         status == ERROR_KEY_DELETED;
}

// Nothing if there is no such key.
UniqueKey Open(const RegistryKeyApi& api, HKEY parent, const std::wstring& path, REGSAM rights) {
  HKEY raw = nullptr;
  const LSTATUS status = api.open(parent, path.c_str(), 0, rights | KEY_WOW64_64KEY, &raw);
  if (IsAbsent(status)) return UniqueKey();
  Check(status, "RegOpenKeyExW");
  return UniqueKey({raw, &api});
}

// What a key has, and the sizes that names and data need.
struct KeyInfo {
  DWORD keys = 0;
  DWORD longest_key = 0;
  DWORD values = 0;
  DWORD longest_name = 0;
  DWORD largest_data = 0;
  ULONGLONG written = 0;
};

// Nothing if the key was removed meanwhile.
std::optional<KeyInfo> InfoOf(const UniqueKey& key) {
  KeyInfo info;
  FILETIME written = {};
  const LSTATUS status = key.get().api->info(
      key.get().raw, nullptr, nullptr, nullptr, &info.keys, &info.longest_key, nullptr,
      &info.values, &info.longest_name, &info.largest_data, nullptr, &written);
  if (IsAbsent(status)) return std::nullopt;
  Check(status, "RegQueryInfoKeyW");
  info.written = (static_cast<ULONGLONG>(written.dwHighDateTime) << 32) | written.dwLowDateTime;
  return info;
}

// Twice a size that did not suffice. RegEnumValueW does not always say which one it needs.
void Grow(DWORD& size) {
  constexpr DWORD kMost = 64 * 1024 * 1024;
  if (size >= kMost) throw WindowsError(ERROR_MORE_DATA, "RegEnumValueW");
  size *= 2;
}

std::vector<RegistryValue> ValuesOf(const UniqueKey& key, const KeyInfo& info) {
  std::vector<RegistryValue> values;
  DWORD name_room = info.longest_name + 1;
  DWORD data_room = info.largest_data + 1;
  for (DWORD index = 0;;) {
    std::wstring name(name_room, L'\0');
    Bytes data(data_room);
    DWORD name_size = name_room;
    DWORD data_size = data_room;
    DWORD type = REG_NONE;
    const LSTATUS status = key.get().api->enumerate_values(
        key.get().raw, index, name.data(), &name_size, nullptr, &type, data.data(), &data_size);
    if (status == ERROR_NO_MORE_ITEMS || IsAbsent(status)) return values;
    if (status == ERROR_MORE_DATA) {
      Grow(name_room);
      Grow(data_room);
      continue;
    }
    Check(status, "RegEnumValueW");
    name.resize(name_size);
    data.resize(data_size);
    values.push_back({std::move(name), type, std::move(data)});
    ++index;
  }
}

std::vector<std::wstring> NamesBelow(const UniqueKey& key, const KeyInfo& info) {
  std::vector<std::wstring> names;
  DWORD room = info.longest_key + 1;
  for (DWORD index = 0;;) {
    std::wstring name(room, L'\0');
    DWORD size = room;
    const LSTATUS status = key.get().api->enumerate_keys(key.get().raw, index, name.data(), &size,
                                                         nullptr, nullptr, nullptr, nullptr);
    if (status == ERROR_NO_MORE_ITEMS || IsAbsent(status)) return names;
    if (status == ERROR_MORE_DATA) {
      Grow(room);
      continue;
    }
    Check(status, "RegEnumKeyExW");
    name.resize(size);
    names.push_back(std::move(name));
    ++index;
  }
}

struct KeyContent {
  KeyInfo info;
  std::vector<RegistryValue> values;
  std::vector<std::wstring> names;
};

// Enumeration goes by position, so it skips something if another process removes what comes
// before: a key that was changed meanwhile is read again. Nothing if it was removed.
std::optional<KeyContent> ContentOf(const UniqueKey& key, bool with_names) {
  constexpr int kMostReadings = 8;
  for (int reading = 1;; ++reading) {
    const std::optional<KeyInfo> before = InfoOf(key);
    if (!before) return std::nullopt;
    KeyContent content{*before, ValuesOf(key, *before), {}};
    if (with_names) content.names = NamesBelow(key, *before);
    const std::optional<KeyInfo> after = InfoOf(key);
    if (!after) return std::nullopt;
    const bool is_same = after->written == before->written && after->values == before->values &&
                         after->keys == before->keys;
    if (is_same || reading == kMostReadings) return content;
  }
}

void ReadInto(std::vector<RegistryKey>& keys, const UniqueKey& key, const std::wstring& path,
              DWORD depth) {
  std::optional<KeyContent> content = ContentOf(key, depth > 0);
  if (!content) return;
  keys.push_back({path, content->info.written, std::move(content->values)});
  for (const std::wstring& name : content->names) {
    const UniqueKey below = Open(*key.get().api, key.get().raw, name, KEY_READ);
    if (below) ReadInto(keys, below, path.empty() ? name : path + L'\\' + name, depth - 1);
  }
}

}  // namespace

std::vector<RegistryKey> ReadRegistry(const RegistryKeyApi& api, const std::wstring& path,
                                      DWORD depth) {
  const Place place = PlaceOf(path);
  std::vector<RegistryKey> keys;
  const UniqueKey key = Open(api, place.root, place.path, KEY_READ);
  if (key) ReadInto(keys, key, L"", depth);
  return keys;
}

void CheckRegistryRights(const RegistryKeyApi& api, const std::wstring& path) {
  const Place place = PlaceOf(path);
  if (Open(api, place.root, place.path, KEY_SET_VALUE)) return;
  for (std::wstring above = place.path;;) {
    const size_t end = above.rfind(L'\\');
    if (end == std::wstring::npos) throw WindowsError(ERROR_FILE_NOT_FOUND, "RegOpenKeyExW");
    above.resize(end);
    if (Open(api, place.root, above, KEY_CREATE_SUB_KEY)) return;
  }
}

void SetRegistryValue(const RegistryKeyApi& api, const std::wstring& path,
                      const RegistryValue& value) {
  const Place place = PlaceOf(path);
  CheckName(value.name);
  HKEY raw = nullptr;
  Check(api.create(place.root, place.path.c_str(), 0, nullptr, REG_OPTION_NON_VOLATILE,
                   KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr, &raw, nullptr),
        "RegCreateKeyExW");
  const UniqueKey key({raw, &api});
  // If a text has no end, RegSetValueExW looks at what stands behind it, and adds a zero that it
  // finds there.
  Bytes data = value.data;
  data.insert(data.end(), sizeof(wchar_t), BYTE{0xff});
  Check(api.set(raw, value.name.c_str(), 0, value.type, data.data(),
                static_cast<DWORD>(value.data.size())),
        "RegSetValueExW");
  // Otherwise a power failure may take it back ("RegFlushKey function").
  Check(api.flush(raw), "RegFlushKey");
}

void RemoveRegistryValue(const RegistryKeyApi& api, const std::wstring& path,
                         const std::wstring& name) {
  const Place place = PlaceOf(path);
  CheckName(name);
  const UniqueKey key = Open(api, place.root, place.path, KEY_SET_VALUE);
  if (!key) return;
  const LSTATUS status = api.remove_value(key.get().raw, name.c_str());
  if (!IsAbsent(status)) Check(status, "RegDeleteValueW");
}

void RemoveRegistryKey(const RegistryKeyApi& api, const std::wstring& path) {
  const Place place = PlaceOf(path);
  {
    const UniqueKey key = Open(api, place.root, place.path, KEY_QUERY_VALUE);
    if (!key) return;
    const std::optional<KeyInfo> info = InfoOf(key);
    if (!info) return;
    if (info->keys != 0 || info->values != 0) {
      throw WindowsError(ERROR_DIR_NOT_EMPTY, "RegDeleteKeyExW");
    }
  }
  const LSTATUS status = api.remove_key(place.root, place.path.c_str(), KEY_WOW64_64KEY, 0);
  if (!IsAbsent(status)) Check(status, "RegDeleteKeyExW");
}

}  // namespace schannel
