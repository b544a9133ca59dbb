// Windows' own data protection, and a scripted one that fails or looks at what is freed.
#include "crypt/protection.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/windows_error.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::ByteView;
using schannel::ProtectionApi;
using schannel::ProtectionScope;

namespace {

ByteView View(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string Text(ByteView bytes) { return {bytes.data, bytes.data + bytes.size}; }

const std::string kSecret = "token of a DNS provider";
const std::string kEntropy = "0123456789abcdef";

// What the scripted functions saw, and are to do.
struct Script {
  DWORD error = ERROR_SUCCESS;
  DWORD flags = 0;
  std::string input;
  std::string entropy;
  int freed = 0;
  bool wiped = false;
  HLOCAL allocated = nullptr;
};
Script script;

BOOL Answer(const DATA_BLOB* in, const DATA_BLOB* entropy, DWORD flags, DATA_BLOB* out) {
  script.input = Text({in->pbData, in->cbData});
  script.entropy = Text({entropy->pbData, entropy->cbData});
  script.flags = flags;
  if (script.error != ERROR_SUCCESS) {
    SetLastError(script.error);
    return FALSE;
  }
  script.allocated = LocalAlloc(LMEM_FIXED, in->cbData);
  CHECK(script.allocated != nullptr);
  out->pbData = static_cast<BYTE*>(script.allocated);
  out->cbData = in->cbData;
  std::reverse_copy(in->pbData, in->pbData + in->cbData, out->pbData);
  return TRUE;
}

BOOL WINAPI Protect(DATA_BLOB* in, LPCWSTR, DATA_BLOB* entropy, PVOID, CRYPTPROTECT_PROMPTSTRUCT*,
                    DWORD flags, DATA_BLOB* out) {
  return Answer(in, entropy, flags, out);
}

BOOL WINAPI Unprotect(DATA_BLOB* in, LPWSTR*, DATA_BLOB* entropy, PVOID, CRYPTPROTECT_PROMPTSTRUCT*,
                      DWORD flags, DATA_BLOB* out) {
  return Answer(in, entropy, flags, out);
}

HLOCAL WINAPI Free(HLOCAL memory) {
  ++script.freed;
  CHECK(memory == script.allocated);
  const auto* const bytes = static_cast<const uint8_t*>(memory);
  script.wiped = std::all_of(bytes, bytes + script.input.size(), [](uint8_t b) { return b == 0; });
  return LocalFree(memory);
}

ProtectionApi Scripted() {
  script = {};
  ProtectionApi api;
  api.protect = Protect;
  api.unprotect = Unprotect;
  api.free = Free;
  return api;
}

Bytes ProtectForReal(ProtectionScope scope) {
  return schannel::ProtectData(schannel::kSystemProtectionApi, View(kSecret), View(kEntropy),
                               scope);
}

}  // namespace

TEST(secret_is_protected_and_comes_back) {
  for (const ProtectionScope scope : {ProtectionScope::kUser, ProtectionScope::kMachine}) {
    const Bytes data = ProtectForReal(scope);
    CHECK(Text(data).find(kSecret) == std::string::npos);
    CHECK_EQUAL(
        Text(schannel::UnprotectData(schannel::kSystemProtectionApi, data, View(kEntropy)).view()),
        kSecret);
  }
}

TEST(other_entropy_or_damaged_data_is_refused) {
  Bytes data = ProtectForReal(ProtectionScope::kMachine);
  const auto unprotect = [&data](const std::string& entropy) {
    return schannel::UnprotectData(schannel::kSystemProtectionApi, data, View(entropy));
  };
  CHECK_EQUAL(CHECK_THROWS(unprotect("fedcba9876543210"), ERROR_INVALID_DATA),
              "CryptUnprotectData");
  CHECK_THROWS(unprotect(""), ERROR_INVALID_DATA);
  data.back() ^= 1;
  CHECK_THROWS(unprotect(kEntropy), ERROR_INVALID_DATA);
  data.resize(20);
  CHECK_THROWS(unprotect(kEntropy), ERROR_INVALID_DATA);
}

TEST(scope_is_a_flag_and_no_dialog_is_shown) {
  const ProtectionApi api = Scripted();
  static_cast<void>(
      schannel::ProtectData(api, View(kSecret), View(kEntropy), ProtectionScope::kUser));
  CHECK_EQUAL(script.flags, DWORD{CRYPTPROTECT_UI_FORBIDDEN});
  CHECK_EQUAL(script.entropy, kEntropy);
  static_cast<void>(
      schannel::ProtectData(api, View(kSecret), View(kEntropy), ProtectionScope::kMachine));
  CHECK_EQUAL(script.flags, DWORD{CRYPTPROTECT_UI_FORBIDDEN | CRYPTPROTECT_LOCAL_MACHINE});
  static_cast<void>(schannel::UnprotectData(api, View(kSecret), View(kEntropy)));
  CHECK_EQUAL(script.flags, DWORD{CRYPTPROTECT_UI_FORBIDDEN});
  CHECK_EQUAL(script.entropy, kEntropy);
}

TEST(length_that_windows_would_cut_is_refused) {
  const ProtectionApi api = Scripted();
  // Nobody reads it.
  const schannel::ByteView endless(View(kSecret).data, SIZE_MAX);
  CHECK_THROWS(schannel::ProtectData(api, endless, View(kEntropy), ProtectionScope::kUser),
               E_INVALIDARG);
  CHECK_THROWS(schannel::ProtectData(api, View(kSecret), endless, ProtectionScope::kUser),
               E_INVALIDARG);
  CHECK_THROWS(schannel::UnprotectData(api, endless, View(kEntropy)), E_INVALIDARG);
}

TEST(what_windows_allocated_is_wiped_and_freed) {
  const ProtectionApi api = Scripted();
  const std::string reversed(kSecret.rbegin(), kSecret.rend());
  CHECK_EQUAL(Text(schannel::UnprotectData(api, View(kSecret), View(kEntropy)).view()), reversed);
  CHECK_EQUAL(script.freed, 1);
  CHECK(script.wiped);
}

TEST(failure_has_the_status_of_windows) {
  const ProtectionApi api = Scripted();
  script.error = static_cast<DWORD>(NTE_BAD_KEY_STATE);
  CHECK_EQUAL(CHECK_THROWS(schannel::UnprotectData(api, View(kSecret), View(kEntropy)),
                           static_cast<LONG>(NTE_BAD_KEY_STATE)),
              "CryptUnprotectData");
  // A user whose profile isn't loaded.
  script.error = ERROR_FILE_NOT_FOUND;
  CHECK_EQUAL(CHECK_THROWS(
                  schannel::ProtectData(api, View(kSecret), View(kEntropy), ProtectionScope::kUser),
                  ERROR_FILE_NOT_FOUND),
              "CryptProtectData");
  CHECK_EQUAL(script.freed, 0);
}
