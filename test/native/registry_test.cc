// The registry itself, below a key of this test, and a scripted one for what it does not do here.
#include "registry/registry.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::CheckRegistryRights;
using schannel::HandleKind;
using schannel::kSystemRegistryKeyApi;
using schannel::LiveHandles;
using schannel::ReadRegistry;
using schannel::RegistryKey;
using schannel::RegistryKeyApi;
using schannel::RegistryValue;
using schannel::RemoveRegistryKey;
using schannel::RemoveRegistryValue;
using schannel::SetRegistryValue;

namespace {

const RegistryKeyApi& system_api = kSystemRegistryKeyApi;

// Removed with all below it.
struct OwnKey {
  const std::wstring path = L"SOFTWARE\\schannel-test-" + std::to_wstring(GetCurrentProcessId());
  OwnKey() = default;
  OwnKey(const OwnKey&) = delete;
  OwnKey& operator=(const OwnKey&) = delete;
  ~OwnKey() { RegDeleteTreeW(HKEY_LOCAL_MACHINE, path.c_str()); }
};

void CheckNoKeys() { CHECK_EQUAL(LiveHandles(HandleKind::kRegistryKey).load(), 0); }

// What the scripted functions answer.
struct Script {
  // By the rights that are asked for and the path: what opening a key gives.
  std::map<std::pair<REGSAM, std::wstring>, LSTATUS> open;
  std::vector<std::pair<REGSAM, std::wstring>> opened;
  int closed = 0;
  int more_data = 0;
  DWORD name_room = 0;
  DWORD data_room = 0;
  DWORD values = 0;
  LSTATUS info = ERROR_SUCCESS;
  LSTATUS set = ERROR_SUCCESS;
  LSTATUS flush = ERROR_SUCCESS;
  HKEY root = nullptr;
  std::wstring created;
  bool removed = false;
  // When the key was last written, by the calls that ask; the last one stays.
  std::vector<DWORD> written = {3};
  // How often the values are enumerated without the one that is there.
  int missed = 0;
  Bytes after_data;
};
Script script;

LSTATUS WINAPI Open(HKEY, LPCWSTR path, DWORD, REGSAM rights, PHKEY key) {
  CHECK((rights & KEY_WOW64_64KEY) != 0);
  const std::pair<REGSAM, std::wstring> asked{rights & ~REGSAM{KEY_WOW64_64KEY}, path};
  script.opened.push_back(asked);
  const auto found = script.open.find(asked);
  if (found == script.open.end()) return ERROR_FILE_NOT_FOUND;
  if (found->second == ERROR_SUCCESS) *key = HKEY_CURRENT_USER;
  return found->second;
}

LSTATUS WINAPI Create(HKEY root, LPCWSTR path, DWORD, LPWSTR, DWORD, REGSAM rights,
                      LPSECURITY_ATTRIBUTES, PHKEY key, LPDWORD) {
  script.root = root;
  script.created = path;
  CHECK_EQUAL(rights, REGSAM{KEY_SET_VALUE | KEY_WOW64_64KEY});
  *key = HKEY_CURRENT_USER;
  return ERROR_SUCCESS;
}

LSTATUS WINAPI Close(HKEY) {
  ++script.closed;
  return ERROR_SUCCESS;
}

LSTATUS WINAPI Info(HKEY, LPWSTR, LPDWORD, LPDWORD, LPDWORD keys, LPDWORD longest_key, LPDWORD,
                    LPDWORD values, LPDWORD longest_name, LPDWORD largest, LPDWORD,
                    PFILETIME written) {
  *keys = 0;
  *longest_key = 0;
  *values = script.values;
  *longest_name = 1;
  *largest = 1;
  written->dwHighDateTime = 2;
  written->dwLowDateTime = script.written.front();
  if (script.written.size() > 1) script.written.erase(script.written.begin());
  return script.info;
}

// The value has grown since Info().
LSTATUS WINAPI Enumerate(HKEY, DWORD index, LPWSTR name, LPDWORD name_size, LPDWORD, LPDWORD type,
                         LPBYTE data, LPDWORD data_size) {
  if (index == 1) return ERROR_NO_MORE_ITEMS;
  if (script.missed > 0) {
    --script.missed;
    return ERROR_NO_MORE_ITEMS;
  }
  if (*data_size < 100) {
    ++script.more_data;
    return ERROR_MORE_DATA;
  }
  name[0] = L'x';
  *name_size = 1;
  *type = REG_BINARY;
  data[99] = 7;
  *data_size = 100;
  return ERROR_SUCCESS;
}

LSTATUS WINAPI Set(HKEY, LPCWSTR, DWORD, DWORD, const BYTE* data, DWORD size) {
  script.after_data.assign(data + size, data + size + sizeof(wchar_t));
  return script.set;
}

LSTATUS WINAPI Flush(HKEY) { return script.flush; }

LSTATUS WINAPI RemoveKey(HKEY, LPCWSTR, REGSAM view, DWORD) {
  CHECK_EQUAL(view, REGSAM{KEY_WOW64_64KEY});
  script.removed = true;
  return ERROR_SUCCESS;
}

RegistryKeyApi Scripted() {
  script = {};
  RegistryKeyApi api;
  api.open = Open;
  api.create = Create;
  api.close = Close;
  api.info = Info;
  api.enumerate_values = Enumerate;
  api.set = Set;
  api.flush = Flush;
  api.remove_key = RemoveKey;
  return api;
}

}  // namespace

TEST(values_are_set_read_and_removed) {
  const OwnKey own;
  CHECK(ReadRegistry(system_api, own.path, 3).empty());
  SetRegistryValue(system_api, own.path + L"\\a\\b", {L"n", REG_DWORD, {1, 2, 3, 4}});
  SetRegistryValue(system_api, own.path, {L"", REG_BINARY, {}});
  SetRegistryValue(system_api, own.path, {std::wstring(300, L'n'), 4711, Bytes(70'000, 9)});

  const std::vector<RegistryKey> keys = ReadRegistry(system_api, own.path, 3);
  CHECK_EQUAL(keys.size(), size_t{3});
  CHECK(keys[0].path.empty() && keys[1].path == L"a" && keys[2].path == L"a\\b");
  CHECK(keys[0].written != 0);
  CHECK_EQUAL(keys[0].values.size(), size_t{2});
  for (const RegistryValue& value : keys[0].values) {
    CHECK(value.name.empty() ? value.data.empty() && value.type == REG_BINARY
                             : value.data == Bytes(70'000, 9) && value.type == 4711);
  }
  CHECK(keys[2].values[0].name == L"n" && keys[2].values[0].data == (Bytes{1, 2, 3, 4}));
  SetRegistryValue(system_api, own.path + L"\\a", {L"text", REG_SZ, {'x', 0}});
  CHECK(ReadRegistry(system_api, own.path + L"\\a", 0)[0].values[0].data == (Bytes{'x', 0}));
  CHECK_EQUAL(ReadRegistry(system_api, own.path, 0).size(), size_t{1});
  CHECK_EQUAL(ReadRegistry(system_api, own.path, 1).size(), size_t{2});

  RemoveRegistryValue(system_api, own.path + L"\\a\\b", L"n");
  RemoveRegistryValue(system_api, own.path + L"\\a\\b", L"n");
  RemoveRegistryValue(system_api, own.path + L"\\gone", L"n");
  CHECK(ReadRegistry(system_api, own.path + L"\\a\\b", 0)[0].values.empty());
  CheckNoKeys();
}

TEST(the_user_has_keys_too) {
  const OwnKey own;
  const std::wstring path = L"HKEY_CURRENT_USER\\" + own.path + L"\\a";
  SetRegistryValue(system_api, path, {L"n", REG_DWORD, {1, 2, 3, 4}});
  CHECK(ReadRegistry(system_api, own.path, 0).empty());
  const std::vector<RegistryKey> keys = ReadRegistry(system_api, path, 0);
  CHECK_EQUAL(keys.size(), size_t{1});
  CHECK(keys[0].path.empty() && keys[0].values[0].data == (Bytes{1, 2, 3, 4}));
  CheckRegistryRights(system_api, path + L"\\b");
  CHECK_THROWS(RemoveRegistryKey(system_api, path), ERROR_DIR_NOT_EMPTY);
  RemoveRegistryValue(system_api, path, L"n");
  CHECK(ReadRegistry(system_api, path, 0)[0].values.empty());
  RemoveRegistryKey(system_api, path);
  RemoveRegistryKey(system_api, L"HKEY_CURRENT_USER\\" + own.path);
  CHECK(ReadRegistry(system_api, L"HKEY_CURRENT_USER\\" + own.path, 0).empty());
  CheckNoKeys();
}

TEST(only_an_empty_key_is_removed) {
  const OwnKey own;
  SetRegistryValue(system_api, own.path + L"\\a", {L"n", REG_DWORD, {1, 2, 3, 4}});
  CHECK_THROWS(RemoveRegistryKey(system_api, own.path), ERROR_DIR_NOT_EMPTY);
  CHECK_THROWS(RemoveRegistryKey(system_api, own.path + L"\\a"), ERROR_DIR_NOT_EMPTY);
  RemoveRegistryValue(system_api, own.path + L"\\a", L"n");
  RemoveRegistryKey(system_api, own.path + L"\\a");
  RemoveRegistryKey(system_api, own.path + L"\\a");
  RemoveRegistryKey(system_api, own.path);
  CHECK(ReadRegistry(system_api, own.path, 0).empty());
  CheckNoKeys();
}

TEST(a_value_that_grows_while_it_is_read_is_read_whole) {
  const RegistryKeyApi api = Scripted();
  script.open[{KEY_READ, L"k"}] = ERROR_SUCCESS;
  const std::vector<RegistryKey> keys = ReadRegistry(api, L"k", 0);
  CHECK_EQUAL(script.more_data, 6);
  CHECK_EQUAL(keys[0].values[0].data.size(), size_t{100});
  CHECK_EQUAL(keys[0].values[0].data[99], 7);
  CHECK_EQUAL(keys[0].written, ULONGLONG{0x2'0000'0003});
  CHECK_EQUAL(script.closed, 1);
}

TEST(a_key_that_is_removed_while_it_is_read_is_absent) {
  const RegistryKeyApi api = Scripted();
  script.open[{KEY_READ, L"k"}] = ERROR_SUCCESS;
  script.info = ERROR_KEY_DELETED;
  CHECK(ReadRegistry(api, L"k", 0).empty());
  CHECK_EQUAL(script.closed, 1);
}

// Enumeration counts positions: what is removed meanwhile makes it skip a value.
TEST(a_key_that_changes_while_it_is_read_is_read_again) {
  const RegistryKeyApi api = Scripted();
  script.open[{KEY_READ, L"k"}] = ERROR_SUCCESS;
  script.written = {3, 4};
  script.missed = 1;
  const std::vector<RegistryKey> keys = ReadRegistry(api, L"k", 0);
  CHECK_EQUAL(keys[0].values.size(), size_t{1});
  CHECK_EQUAL(keys[0].written, ULONGLONG{0x2'0000'0004});
  CHECK_EQUAL(script.closed, 1);
}

TEST(a_key_that_always_changes_is_read_all_the_same) {
  const RegistryKeyApi api = Scripted();
  script.open[{KEY_READ, L"k"}] = ERROR_SUCCESS;
  for (DWORD time = 4; time < 100; ++time) script.written.push_back(time);
  CHECK_EQUAL(ReadRegistry(api, L"k", 0).size(), size_t{1});
  CHECK(script.written.size() > 1);
}

// RegSetValueExW looks behind a text without an end, and takes a zero there for its end.
TEST(a_text_without_an_end_is_set_as_it_is) {
  const RegistryKeyApi api = Scripted();
  for (const DWORD type : {DWORD{REG_SZ}, DWORD{REG_EXPAND_SZ}, DWORD{REG_MULTI_SZ}}) {
    SetRegistryValue(api, L"k", {L"n", type, {'a', 0}});
    CHECK(script.after_data == (Bytes{0xff, 0xff}));
  }
}

TEST(rights_are_asked_of_the_key_or_of_the_nearest_above_it) {
  RegistryKeyApi api = Scripted();
  script.open[{KEY_SET_VALUE, L"a\\b\\c"}] = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(CheckRegistryRights(api, L"a\\b\\c"), ERROR_ACCESS_DENIED),
              "RegOpenKeyExW");

  api = Scripted();
  script.open[{KEY_CREATE_SUB_KEY, L"a"}] = ERROR_SUCCESS;
  CheckRegistryRights(api, L"a\\b\\c");
  CHECK_EQUAL(script.opened.size(), size_t{3});
  CHECK_EQUAL(script.closed, 1);

  script.open[{KEY_CREATE_SUB_KEY, L"a"}] = ERROR_ACCESS_DENIED;
  CHECK_THROWS(CheckRegistryRights(api, L"a\\b\\c"), ERROR_ACCESS_DENIED);
  script.open.clear();
  CHECK_THROWS(CheckRegistryRights(api, L"a\\b\\c"), ERROR_FILE_NOT_FOUND);
}

TEST(a_refused_value_closes_its_key) {
  const RegistryKeyApi api = Scripted();
  script.set = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(SetRegistryValue(api, L"k", {L"n", REG_DWORD, {}}), ERROR_ACCESS_DENIED),
              "RegSetValueExW");
  CHECK_EQUAL(script.closed, 1);
  CheckNoKeys();
}

TEST(a_value_that_does_not_reach_the_disk_is_an_error) {
  const RegistryKeyApi api = Scripted();
  script.flush = ERROR_DISK_FULL;
  CHECK_EQUAL(CHECK_THROWS(SetRegistryValue(api, L"k", {L"n", REG_DWORD, {}}), ERROR_DISK_FULL),
              "RegFlushKey");
  CHECK_EQUAL(script.closed, 1);
  CheckNoKeys();
}

TEST(a_path_says_whose_key_it_is) {
  const RegistryKeyApi api = Scripted();
  SetRegistryValue(api, L"HKEY_CURRENT_USER\\a\\b", {L"n", REG_DWORD, {}});
  CHECK(script.root == HKEY_CURRENT_USER && script.created == L"a\\b");
  SetRegistryValue(api, L"HKEY_CURRENT_USERS\\a", {L"n", REG_DWORD, {}});
  CHECK(script.root == HKEY_LOCAL_MACHINE && script.created == L"HKEY_CURRENT_USERS\\a");
}

TEST(a_key_with_values_is_not_even_tried) {
  const RegistryKeyApi api = Scripted();
  script.open[{KEY_QUERY_VALUE, L"k"}] = ERROR_SUCCESS;
  script.values = 1;
  CHECK_THROWS(RemoveRegistryKey(api, L"k"), ERROR_DIR_NOT_EMPTY);
  CHECK(!script.removed);
  script.values = 0;
  RemoveRegistryKey(api, L"k");
  CHECK(script.removed);
}

TEST(paths_and_names_are_checked) {
  for (const std::wstring& path :
       {std::wstring(), std::wstring(L"\\"), std::wstring(L"a\\"), std::wstring(L"\\a"),
        std::wstring(L"a\0b", 3), std::wstring(L"HKEY_CURRENT_USER\\"),
        std::wstring(L"HKEY_CURRENT_USER\\\\a")}) {
    CHECK_THROWS(ReadRegistry(system_api, path, 0), E_INVALIDARG);
    CHECK_THROWS(CheckRegistryRights(system_api, path), E_INVALIDARG);
    CHECK_THROWS(SetRegistryValue(system_api, path, {L"n", REG_DWORD, {}}), E_INVALIDARG);
    CHECK_THROWS(RemoveRegistryValue(system_api, path, L"n"), E_INVALIDARG);
    CHECK_THROWS(RemoveRegistryKey(system_api, path), E_INVALIDARG);
  }
  const std::wstring name(L"a\0b", 3);
  CHECK_THROWS(SetRegistryValue(system_api, L"k", {name, REG_DWORD, {}}), E_INVALIDARG);
  CHECK_THROWS(RemoveRegistryValue(system_api, L"k", name), E_INVALIDARG);
}
