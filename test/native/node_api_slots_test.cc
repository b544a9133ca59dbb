// The import table of Node-API, bound to this program: it exports some of the functions and lacks
// the others.
#include "node_api_slots.h"

#include <string>

#include "support/harness.h"

extern "C" {

extern FARPROC SCHANNEL_SLOT(napi_create_object);
extern FARPROC SCHANNEL_SLOT(napi_throw_error);
extern FARPROC SCHANNEL_SLOT(napi_wrap);

}  // extern "C"

namespace {

DWORD ProtectionOf(const void* address) {
  MEMORY_BASIC_INFORMATION information = {};
  VirtualQuery(address, &information, sizeof(information));
  return information.Protect;
}

int beside = 1;

}  // namespace

TEST(slots_lead_to_the_host) {
  const HMODULE self = GetModuleHandleW(nullptr);
  CHECK(GetProcAddress(self, "napi_throw_error") != nullptr);
  CHECK(SCHANNEL_SLOT(napi_throw_error) == GetProcAddress(self, "napi_throw_error"));
  CHECK(SCHANNEL_SLOT(napi_create_object) == GetProcAddress(self, "napi_create_object"));
}

TEST(slots_can_be_read_only) {
  for (const FARPROC* slot : {&SCHANNEL_SLOT(napi_create_object), &SCHANNEL_SLOT(napi_throw_error),
                              &SCHANNEL_SLOT(napi_wrap)}) {
    CHECK_EQUAL(ProtectionOf(slot), DWORD{PAGE_READONLY});
  }
  // And nothing else is.
  beside = 2;
  CHECK(ProtectionOf(&beside) != PAGE_READONLY);
}

TEST(what_the_host_lacks_is_named) {
  const char* const missing = schannel::MissingNodeApi();
  CHECK(missing != nullptr);
  CHECK(std::string(missing) != "napi_create_object");
  CHECK(SCHANNEL_SLOT(napi_wrap) != nullptr);
}
