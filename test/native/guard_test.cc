// What becomes of C++ exceptions at the border to JavaScript, and of the add-on in a host that
// lacks a part of Node-API.
#include "napi/guard.h"

#include <stdexcept>
#include <string>

#include "support/fake_node_api.h"
#include "support/harness.h"

using schannel::Guard;
using schannel::WindowsError;
using schannel::WithNapiErrors;
using test::fake_node;

namespace {

const napi_env kEnv = reinterpret_cast<napi_env>(&fake_node);

void CheckPending(const std::string& syscall, LONG status) {
  CHECK(fake_node.pending != nullptr);
  CHECK_EQUAL(fake_node.pending->text, syscall);
  CHECK_EQUAL(fake_node.pending->properties.at("syscall")->text, syscall);
  CHECK_EQUAL(fake_node.pending->properties.at("status")->number,
              static_cast<double>(static_cast<ULONG>(status)));
  fake_node.pending = nullptr;
}

// Runs a body and throws what leaves it into JavaScript, as Napi::RegisterModule() does, which
// catches nothing else.
template <typename Body>
void Register(Body&& body) {
  try {
    WithNapiErrors(kEnv, body);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  }
}

void FailsInWindows() { throw WindowsError(E_FAIL, "InitSecurityInterfaceW"); }
void HasNoMemory() { throw std::bad_alloc(); }
void FailsOtherwise() { throw std::length_error("vector"); }

}  // namespace

TEST(every_exception_becomes_one_of_node_api) {
  Register(&FailsInWindows);
  CheckPending("InitSecurityInterfaceW", E_FAIL);
  Register(&HasNoMemory);
  CheckPending("out of memory", E_OUTOFMEMORY);
  Register(&FailsOtherwise);
  CheckPending("native failure", E_FAIL);
  CHECK_EQUAL(fake_node.references, 0);
}

TEST(function_that_throws_returns_nothing) {
  const napi_value result = Guard(kEnv, []() -> napi_value { throw std::bad_alloc(); });
  CHECK(result == nullptr);
  CheckPending("out of memory", E_OUTOFMEMORY);
}

TEST(host_that_lacks_a_function_is_told_so_by_name) {
  std::wstring path(MAX_PATH, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), MAX_PATH));
  path.resize(path.rfind(L'\\'));
  const HMODULE addon = LoadLibraryW((path + L"\\..\\schannel.node").c_str());
  CHECK(addon != nullptr);
  using Init = void* (*)(void*, void*);
  const auto init = reinterpret_cast<Init>(
      reinterpret_cast<void*>(GetProcAddress(addon, "napi_register_module_v1")));
  CHECK(init != nullptr);
  static_cast<void>(init(&fake_node, nullptr));
  CHECK(fake_node.pending != nullptr);
  CHECK_EQUAL(fake_node.pending->text.rfind("this host has no napi_", 0), size_t{0});
}
