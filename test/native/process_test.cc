// Marks and locks between processes: the kernel's own if possible, otherwise a script.
#include "platform/win.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "process/liveness_marker.h"
#include "process/process_lock.h"
#include "process/user_security.h"
#include "support/harness.h"

using schannel::CreateLivenessMarker;
using schannel::HandleKind;
using schannel::IsAlive;
using schannel::IsAppContainer;
using schannel::KernelApi;
using schannel::kSystemKernelApi;
using schannel::LiveHandles;
using schannel::ProcessLock;
using schannel::UniqueLivenessMarker;
using schannel::UserSid;
using schannel::WindowsError;

namespace {

// Never waited for when all is well.
constexpr DWORD kPatience = 20'000;

// A name that no other run of the tests has at the same time.
std::wstring Name(const wchar_t* what) {
  return std::wstring(L"Local\\schannel-test-") + what + L"-" +
         std::to_wstring(GetCurrentProcessId());
}

void CheckNoHandles() {
  for (const auto kind : {HandleKind::kLivenessMarker, HandleKind::kLock}) {
    CHECK_EQUAL(LiveHandles(kind).load(), 0);
  }
}

// Functions in a table have no object: there is one script for all.
DWORD scripted_error = ERROR_SUCCESS;
DWORD scripted_wait = WAIT_OBJECT_0;
std::wstring scripted_name;
std::wstring scripted_security;

HANDLE WINAPI RefusedCreateEvent(SECURITY_ATTRIBUTES*, BOOL, BOOL, const wchar_t*) {
  SetLastError(scripted_error);
  return nullptr;
}

HANDLE WINAPI RefusedOpenEvent(DWORD, BOOL, const wchar_t*) {
  SetLastError(scripted_error);
  return nullptr;
}

HANDLE WINAPI ScriptedCreateMutex(SECURITY_ATTRIBUTES* security, BOOL owned, const wchar_t* name) {
  scripted_name = name;
  wchar_t* text = nullptr;
  if (ConvertSecurityDescriptorToStringSecurityDescriptorW(
          security->lpSecurityDescriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text,
          nullptr)) {
    scripted_security = text;
    LocalFree(text);
  }
  if (scripted_error == ERROR_SUCCESS) return CreateMutexW(security, owned, nullptr);
  SetLastError(scripted_error);
  return nullptr;
}

DWORD WINAPI ScriptedWait(HANDLE handle, DWORD timeout) {
  if (scripted_wait == WAIT_OBJECT_0) return WaitForSingleObject(handle, timeout);
  SetLastError(ERROR_INVALID_HANDLE);
  return scripted_wait;
}

// A lock that somebody waited for; throws WindowsError when it is not had.
class Held {
 public:
  Held(const KernelApi& api, const std::wstring& name, DWORD timeout) : lock_(api, name, timeout) {
    std::promise<void> decided;
    lock_.Acquire([&decided] { decided.set_value(); });
    decided.get_future().wait();
    lock_.Verify();
  }

  ProcessLock* operator->() { return &lock_; }

 private:
  ProcessLock lock_;
};

DWORD scripted_container = 0;

BOOL WINAPI ScriptedToken(HANDLE, TOKEN_INFORMATION_CLASS what, void* value, DWORD size, DWORD*) {
  if (scripted_error != ERROR_SUCCESS || what != TokenIsAppContainer || size != sizeof(DWORD)) {
    SetLastError(scripted_error);
    return FALSE;
  }
  *static_cast<DWORD*>(value) = scripted_container;
  return TRUE;
}

const KernelApi kScripted = {&RefusedCreateEvent, &RefusedOpenEvent, &ScriptedCreateMutex,
                             &ScriptedWait, &ScriptedToken};

}  // namespace

TEST(mark_is_there_as_long_as_it_is_open) {
  const std::wstring name = Name(L"marker");
  CHECK(!IsAlive(kSystemKernelApi, name));
  {
    const UniqueLivenessMarker marker = CreateLivenessMarker(kSystemKernelApi, name);
    CHECK(IsAlive(kSystemKernelApi, name));
    CHECK_EQUAL(LiveHandles(HandleKind::kLivenessMarker).load(), 1);
  }
  CHECK(!IsAlive(kSystemKernelApi, name));
  CheckNoHandles();
}

TEST(mark_has_one_owner) {
  const std::wstring name = Name(L"owner");
  const UniqueLivenessMarker marker = CreateLivenessMarker(kSystemKernelApi, name);
  CHECK_EQUAL(CHECK_THROWS(CreateLivenessMarker(kSystemKernelApi, name), ERROR_ALREADY_EXISTS),
              "CreateEventW");
  CHECK(IsAlive(kSystemKernelApi, name));
  CHECK_EQUAL(LiveHandles(HandleKind::kLivenessMarker).load(), 1);
}

TEST(mark_that_may_not_be_made_tells_why) {
  scripted_error = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(CreateLivenessMarker(kScripted, L"Global\\x"), ERROR_ACCESS_DENIED),
              "CreateEventW");
  CheckNoHandles();
}

TEST(mark_of_somebody_else_is_a_sign_of_life) {
  scripted_error = ERROR_ACCESS_DENIED;
  CHECK(IsAlive(kScripted, L"Global\\x"));
  scripted_error = ERROR_FILE_NOT_FOUND;
  CHECK(!IsAlive(kScripted, L"Global\\x"));
  // What is no answer is no sign of death.
  scripted_error = ERROR_INVALID_HANDLE;
  CHECK_EQUAL(CHECK_THROWS(IsAlive(kScripted, L"Global\\x"), ERROR_INVALID_HANDLE), "OpenEventW");
  CheckNoHandles();
}

TEST(lock_is_had_by_one) {
  const std::wstring name = Name(L"one");
  {
    Held first(kSystemKernelApi, name, kPatience);
    CHECK(!first->abandoned());
    CHECK_EQUAL(CHECK_THROWS(Held(kSystemKernelApi, name, 0), ERROR_TIMEOUT),
                "WaitForSingleObject");
    CHECK_EQUAL(LiveHandles(HandleKind::kLock).load(), 1);
    first->Release();
    first->Release();
    CHECK_EQUAL(LiveHandles(HandleKind::kLock).load(), 0);
    Held second(kSystemKernelApi, name, 0);
    CHECK(!second->abandoned());
  }
  CheckNoHandles();
}

TEST(lock_goes_to_the_one_that_waits) {
  const std::wstring name = Name(L"wait");
  {
    auto first = std::make_unique<Held>(kSystemKernelApi, name, kPatience);
    ProcessLock second(kSystemKernelApi, name, kPatience);
    std::promise<void> decided;
    auto decision = decided.get_future();
    second.Acquire([&decided] { decided.set_value(); });  // and nobody waits for it here
    CHECK(decision.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    first.reset();
    decision.wait();
    second.Verify();
    CHECK(!second.abandoned());
  }
  CheckNoHandles();
}

TEST(lock_may_be_given_up_before_it_is_had) {
  const std::wstring name = Name(L"early");
  {
    Held first(kSystemKernelApi, name, kPatience);
    ProcessLock second(kSystemKernelApi, name, 100);
    second.Acquire([] {});
    second.Release();
    const ProcessLock never(kSystemKernelApi, name, 0);
  }
  Held third(kSystemKernelApi, name, 0);
  CHECK(!third->abandoned());
}

TEST(lock_of_a_dead_thread_is_told_to_be_abandoned) {
  const std::wstring name = Name(L"dead");
  const HANDLE mutex = CreateMutexW(nullptr, FALSE, (name + L"-" + UserSid()).c_str());
  std::thread([mutex] { WaitForSingleObject(mutex, INFINITE); }).join();
  {
    Held lock(kSystemKernelApi, name, kPatience);
    CHECK(lock->abandoned());
  }
  CHECK(!Held(kSystemKernelApi, name, kPatience)->abandoned());
  CloseHandle(mutex);
  CheckNoHandles();
}

TEST(lock_is_the_users_own) {
  const std::wstring sid = UserSid();
  CHECK(sid.rfind(L"S-1-", 0) == 0);
  scripted_error = ERROR_SUCCESS;
  scripted_wait = WAIT_OBJECT_0;
  const Held lock(kScripted, L"Local\\name", kPatience);
  CHECK(scripted_name == L"Local\\name-" + sid);
  CHECK(scripted_security.find(L"D:P(A;;") == 0);
  CHECK(scripted_security.find(L";;;" + sid + L")") != std::wstring::npos);
  CHECK(scripted_security.find(L";;;WD)") == std::wstring::npos);
}

TEST(lock_that_is_refused_tells_why) {
  scripted_error = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(Held(kScripted, L"Global\\x", 0), ERROR_ACCESS_DENIED), "CreateMutexW");
  scripted_error = ERROR_SUCCESS;
  scripted_wait = WAIT_FAILED;
  CHECK_EQUAL(CHECK_THROWS(Held(kScripted, L"Global\\x", 0), ERROR_INVALID_HANDLE),
              "WaitForSingleObject");
  CheckNoHandles();
}

TEST(token_tells_whether_this_is_an_app_container) {
  scripted_error = ERROR_SUCCESS;
  scripted_container = 1;
  CHECK(IsAppContainer(kScripted));
  scripted_container = 0;
  CHECK(!IsAppContainer(kScripted));
  scripted_error = ERROR_INVALID_PARAMETER;  // Windows 7
  CHECK(!IsAppContainer(kScripted));
  scripted_error = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(IsAppContainer(kScripted), ERROR_ACCESS_DENIED), "GetTokenInformation");
  CHECK(!IsAppContainer(kSystemKernelApi));
}
