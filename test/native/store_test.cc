// Stores and watches: what crypt32 is asked, and what is made of its answers. Wine never signals a
// change: here a script does.
#include "platform/win.h"

#include "crypt/store.h"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crypt/certificate.h"
#include "crypt/store_watch.h"
#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/certificate.h"
#include "support/faults.h"
#include "support/harness.h"
#include "support/workers.h"

using schannel::Bytes;
using schannel::DecodeCertificate;
using schannel::HandleKind;
using schannel::LiveHandles;
using schannel::Store;
using schannel::StoreApi;
using schannel::StoreRequest;
using schannel::StoreWatch;
using schannel::UniqueCertificate;
using schannel::WindowsError;

namespace {

// One call of CertControlStore.
struct Control {
  DWORD flags;
  DWORD type;
  HANDLE event;  // null without a parameter
};

// Functions in a table have no object: there is one script for all.
struct Script {
  std::vector<Control> controls;
  DWORD control_error = ERROR_SUCCESS;
  DWORD failing_control = 0;
  DWORD add_error = ERROR_SUCCESS;
  DWORD remove_error = ERROR_SUCCESS;
  DWORD enumerate_error = static_cast<DWORD>(CRYPT_E_NOT_FOUND);
  DWORD add_list_error = ERROR_SUCCESS;
  DWORD remove_list_error = ERROR_SUCCESS;
  DWORD open_error = ERROR_SUCCESS;
  bool open_fails = false;
  DWORD disposition = 0;
  LPCSTR provider = nullptr;
  DWORD flags = 0;
  std::wstring name;
};

Script* script = nullptr;

BOOL Fail(DWORD error) {
  SetLastError(error);
  return FALSE;
}

HCERTSTORE WINAPI ScriptedOpen(LPCSTR provider, DWORD, HCRYPTPROV_LEGACY, DWORD flags,
                               const void* name) {
  script->provider = provider;
  script->flags = flags;
  if (name != nullptr) script->name = static_cast<const wchar_t*>(name);
  if (script->open_fails) {
    if (script->open_error != ERROR_SUCCESS) SetLastError(script->open_error);
    return nullptr;
  }
  return CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, nullptr);
}

PCCERT_CONTEXT WINAPI ScriptedEnumerate(HCERTSTORE store, PCCERT_CONTEXT previous) {
  const PCCERT_CONTEXT next = CertEnumCertificatesInStore(store, previous);
  if (next == nullptr) SetLastError(script->enumerate_error);
  return next;
}

BOOL WINAPI ScriptedAdd(HCERTSTORE store, PCCERT_CONTEXT certificate, DWORD disposition,
                        PCCERT_CONTEXT* added) {
  script->disposition = disposition;
  if (script->add_error != ERROR_SUCCESS) return Fail(script->add_error);
  return CertAddCertificateContextToStore(store, certificate, disposition, added);
}

BOOL WINAPI ScriptedRemove(PCCERT_CONTEXT certificate) {
  if (script->remove_error == ERROR_SUCCESS) return CertDeleteCertificateFromStore(certificate);
  CertFreeCertificateContext(certificate);  // as Windows does in any case
  return Fail(script->remove_error);
}

BOOL WINAPI ScriptedControl(HCERTSTORE, DWORD flags, DWORD type, const void* parameter) {
  const HANDLE event = parameter == nullptr ? nullptr : *static_cast<const HANDLE*>(parameter);
  script->controls.push_back({flags, type, event});
  if (script->control_error != ERROR_SUCCESS && type == script->failing_control) {
    return Fail(script->control_error);
  }
  return TRUE;
}

PCCRL_CONTEXT WINAPI ScriptedEnumerateLists(HCERTSTORE store, PCCRL_CONTEXT previous) {
  const PCCRL_CONTEXT next = CertEnumCRLsInStore(store, previous);
  if (next == nullptr) SetLastError(script->enumerate_error);
  return next;
}

BOOL WINAPI ScriptedAddList(HCERTSTORE store, DWORD encoding, const BYTE* encoded, DWORD size,
                            DWORD disposition, PCCRL_CONTEXT* added) {
  script->disposition = disposition;
  if (script->add_list_error != ERROR_SUCCESS) return Fail(script->add_list_error);
  return CertAddEncodedCRLToStore(store, encoding, encoded, size, disposition, added);
}

BOOL WINAPI ScriptedRemoveList(PCCRL_CONTEXT list) {
  if (script->remove_list_error == ERROR_SUCCESS) return CertDeleteCRLFromStore(list);
  CertFreeCRLContext(list);  // as Windows does in any case
  return Fail(script->remove_list_error);
}

constexpr StoreApi kScripted = {&ScriptedOpen,    &ScriptedEnumerate, &ScriptedAdd,
                                &ScriptedRemove,  &ScriptedControl,   &ScriptedEnumerateLists,
                                &ScriptedAddList, &ScriptedRemoveList};

const StoreRequest kUserMy = {10, CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_OPEN_EXISTING_FLAG,
                              L"MY"};

// A script for the length of a test, which has to give every handle back.
class Scripted : public Script {
 public:
  Scripted() { script = this; }
  Scripted(const Scripted&) = delete;
  Scripted& operator=(const Scripted&) = delete;
  ~Scripted() { script = nullptr; }

  static void CheckNoHandles() {
    for (const auto kind : {HandleKind::kCertificate, HandleKind::kStore, HandleKind::kWatch}) {
      CHECK_EQUAL(LiveHandles(kind).load(), 0);
    }
  }
};

UniqueCertificate Certificate() { return DecodeCertificate(test::RootCertificate()); }

// A list of the issuer CN=x, from the first of January of 202<digit> on, with a signature that is
// none: crypt32 does not look at it.
Bytes RevocationList(char digit) {
  Bytes list = {0x30, 0x4d, 0x30, 0x3b, 0x02, 0x01, 0x01,                    // version 2
                0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,  // ecdsa-with-SHA256
                0x03, 0x02,                                                  //
                0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04,  // CN=x
                0x03, 0x0c, 0x01, 0x78};
  for (const char* const year : {"2", "3"}) {
    const std::string time = std::string(year) + digit + "0101000000Z";
    list.insert(list.end(), {0x17, 0x0d});
    list.insert(list.end(), time.begin(), time.end());
  }
  list.insert(list.end(), {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
                           0x03, 0x02, 0x00, 0x00});
  return list;
}

// How the task of a watch ended: the status of Rearm().
struct Turn {
  explicit Turn(StoreWatch& watch) {
    watch.Next([this, &watch] {
      try {
        watch.Rearm();
        ended.set_value(ERROR_SUCCESS);
      } catch (const WindowsError& error) {
        ended.set_value(error.status());
      }
    });
  }

  LONG Wait() {
    // The runner ends a test that waits forever.
    return ended.get_future().get();
  }

  std::promise<LONG> ended;
};

}  // namespace

TEST(store_is_opened_by_number_flags_and_name) {
  Scripted scripted;
  {
    const Store store(kScripted, kUserMy);
    CHECK(scripted.provider == CERT_STORE_PROV_SYSTEM_W);
    CHECK_EQUAL(scripted.flags,
                DWORD{CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_OPEN_EXISTING_FLAG});
    CHECK(scripted.name == L"MY");
  }
  Scripted::CheckNoHandles();
}

TEST(store_that_is_refused_tells_why) {
  Scripted scripted;
  scripted.open_fails = true;
  scripted.open_error = ERROR_ACCESS_DENIED;
  CHECK_EQUAL(CHECK_THROWS(Store(kScripted, kUserMy), ERROR_ACCESS_DENIED), "CertOpenStore");
  // Wine says nothing for locations it does not know; an old error must not speak in its stead.
  scripted.open_error = ERROR_SUCCESS;
  SetLastError(ERROR_INVALID_HANDLE);
  CHECK_THROWS(Store(kScripted, kUserMy), ERROR_NOT_SUPPORTED);
  Scripted::CheckNoHandles();
}

TEST(certificates_are_owned_by_the_list) {
  Scripted scripted;
  {
    const Store store(kScripted, kUserMy);
    const UniqueCertificate certificate = Certificate();
    const UniqueCertificate added = store.Add(certificate.get(), CERT_STORE_ADD_ALWAYS);
    CHECK_EQUAL(scripted.disposition, DWORD{CERT_STORE_ADD_ALWAYS});
    const auto all = store.Certificates();
    CHECK_EQUAL(all.size(), size_t{1});
    store.Remove(all[0].get());
    CHECK_EQUAL(store.Certificates().size(), size_t{0});
    CHECK_EQUAL(all[0].get()->cbCertEncoded,
                DWORD{static_cast<DWORD>(test::RootCertificate().size())});
  }
  Scripted::CheckNoHandles();
}

TEST(enumeration_that_breaks_off_is_no_shorter_list) {
  Scripted scripted;
  const Store store(kScripted, kUserMy);
  scripted.enumerate_error = ERROR_NO_MORE_FILES;
  CHECK_EQUAL(store.Certificates().size(), size_t{0});
  scripted.enumerate_error = RPC_S_SERVER_UNAVAILABLE;
  CHECK_EQUAL(CHECK_THROWS(store.Certificates(), RPC_S_SERVER_UNAVAILABLE),
              "CertEnumCertificatesInStore");
}

TEST(refused_changes_tell_why_and_leave_no_handle) {
  Scripted scripted;
  {
    const Store store(kScripted, kUserMy);
    const UniqueCertificate certificate = Certificate();
    scripted.add_error = ERROR_CANCELLED;  // the dialog of CurrentUser\Root
    CHECK_EQUAL(CHECK_THROWS(store.Add(certificate.get(), CERT_STORE_ADD_NEW), ERROR_CANCELLED),
                "CertAddCertificateContextToStore");
    scripted.remove_error = static_cast<DWORD>(E_ACCESSDENIED);
    CHECK_EQUAL(CHECK_THROWS(store.Remove(certificate.get()), E_ACCESSDENIED),
                "CertDeleteCertificateFromStore");
  }
  Scripted::CheckNoHandles();
}

TEST(revocation_list_takes_the_place_of_an_older_one_only) {
  Scripted scripted;
  {
    const Store store(kScripted, kUserMy);
    const Bytes older = RevocationList('5');
    const Bytes newer = RevocationList('6');
    store.AddRevocationList(older, CERT_STORE_ADD_NEWER);
    CHECK_EQUAL(scripted.disposition, DWORD{CERT_STORE_ADD_NEWER});
    CHECK(store.RevocationLists() == std::vector<Bytes>{older});
    store.AddRevocationList(newer, CERT_STORE_ADD_NEWER);
    for (const Bytes& late : {newer, older}) {
      CHECK_EQUAL(CHECK_THROWS(store.AddRevocationList(late, CERT_STORE_ADD_NEWER), CRYPT_E_EXISTS),
                  "CertAddEncodedCRLToStore");
    }
    CHECK(store.RevocationLists() == std::vector<Bytes>{newer});
    CHECK_EQUAL(CHECK_THROWS(store.RemoveRevocationList(older), CRYPT_E_NOT_FOUND),
                "CertEnumCRLsInStore");
    store.RemoveRevocationList(newer);
    CHECK(store.RevocationLists().empty());
  }
  Scripted::CheckNoHandles();
}

TEST(refused_revocation_lists_tell_why) {
  Scripted scripted;
  const Store store(kScripted, kUserMy);
  const Bytes list = RevocationList('6');
  scripted.add_list_error = static_cast<DWORD>(E_ACCESSDENIED);
  CHECK_EQUAL(CHECK_THROWS(store.AddRevocationList(list, CERT_STORE_ADD_NEWER), E_ACCESSDENIED),
              "CertAddEncodedCRLToStore");
  scripted.add_list_error = ERROR_SUCCESS;
  store.AddRevocationList(list, CERT_STORE_ADD_ALWAYS);
  scripted.remove_list_error = static_cast<DWORD>(E_ACCESSDENIED);
  CHECK_EQUAL(CHECK_THROWS(store.RemoveRevocationList(list), E_ACCESSDENIED),
              "CertDeleteCRLFromStore");
  scripted.enumerate_error = RPC_S_SERVER_UNAVAILABLE;
  CHECK_EQUAL(CHECK_THROWS(store.RevocationLists(), RPC_S_SERVER_UNAVAILABLE),
              "CertEnumCRLsInStore");
}

TEST(change_is_told_once_and_the_watch_is_armed_again) {
  Scripted scripted;
  {
    const auto store = std::make_shared<const Store>(kScripted, kUserMy);
    StoreWatch watch(store);
    CHECK_EQUAL(scripted.controls.size(), size_t{1});
    CHECK_EQUAL(scripted.controls[0].type, DWORD{CERT_STORE_CTRL_NOTIFY_CHANGE});
    // "CertControlStore function": the flags must be zero here.
    CHECK_EQUAL(scripted.controls[0].flags, DWORD{0});
    const HANDLE event = scripted.controls[0].event;
    for (int change = 0; change < 3; ++change) {
      Turn turn(watch);
      SetEvent(event);
      CHECK_EQUAL(turn.Wait(), LONG{ERROR_SUCCESS});
      CHECK_EQUAL(scripted.controls.back().type, DWORD{CERT_STORE_CTRL_RESYNC});
      CHECK(scripted.controls.back().event == event);
    }
    CHECK_EQUAL(scripted.controls.size(), size_t{4});
  }
  CHECK_EQUAL(scripted.controls.back().type, DWORD{CERT_STORE_CTRL_CANCEL_NOTIFY});
  Scripted::CheckNoHandles();
}

TEST(change_before_anybody_asks_is_not_lost) {
  Scripted scripted;
  const auto store = std::make_shared<const Store>(kScripted, kUserMy);
  StoreWatch watch(store);
  SetEvent(scripted.controls[0].event);
  Turn turn(watch);
  CHECK_EQUAL(turn.Wait(), LONG{ERROR_SUCCESS});
}

TEST(failed_synchronisation_is_told) {
  Scripted scripted;
  const auto store = std::make_shared<const Store>(kScripted, kUserMy);
  StoreWatch watch(store);
  scripted.control_error = ERROR_ACCESS_DENIED;
  scripted.failing_control = CERT_STORE_CTRL_RESYNC;
  Turn turn(watch);
  SetEvent(scripted.controls[0].event);
  CHECK_EQUAL(turn.Wait(), LONG{ERROR_ACCESS_DENIED});
}

TEST(cancelled_watch_ends_the_wait_and_every_later_one) {
  Scripted scripted;
  const auto store = std::make_shared<const Store>(kScripted, kUserMy);
  StoreWatch watch(store);
  Turn waiting(watch);
  CHECK_THROWS(watch.Next([] {}), SEC_E_INVALID_HANDLE);
  watch.Cancel();
  CHECK_EQUAL(waiting.Wait(), LONG{ERROR_CANCELLED});
  Turn late(watch);
  CHECK_EQUAL(late.Wait(), LONG{ERROR_CANCELLED});
}

TEST(list_that_fails_keeps_no_entry) {
  Scripted scripted;
  HCERTSTORE raw = nullptr;
  const auto prepare = [&raw] {
    // Another store each time. When it is closed, it shows whether somebody has an entry of it.
    raw = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, nullptr);
    const Bytes& der = test::RootCertificate();
    for (int entry = 0; entry < 5; ++entry) {
      CertAddEncodedCertificateToStore(raw, X509_ASN_ENCODING, der.data(),
                                       static_cast<DWORD>(der.size()), CERT_STORE_ADD_ALWAYS,
                                       nullptr);
    }
    for (const char digit : {'0', '1', '2', '3'}) {
      const Bytes list = RevocationList(digit);
      CertAddEncodedCRLToStore(raw, X509_ASN_ENCODING, list.data(), static_cast<DWORD>(list.size()),
                               CERT_STORE_ADD_ALWAYS, nullptr);
    }
  };
  static HCERTSTORE opened = nullptr;
  StoreApi api = kScripted;
  api.open = [](LPCSTR, DWORD, HCRYPTPROV_LEGACY, DWORD, const void*) -> HCERTSTORE {
    return CertDuplicateStore(opened);
  };
  const size_t faults = test::WithEachFault(prepare, [&] {
    opened = raw;
    try {
      const Store store(api, kUserMy);
      static_cast<void>(store.Certificates());
      static_cast<void>(store.RevocationLists());
    } catch (const std::bad_alloc&) {
      CHECK(test::HasMetFault());
    }
    CHECK(CertCloseStore(raw, CERT_CLOSE_STORE_CHECK_FLAG));
    Scripted::CheckNoHandles();
  });
  CHECK(faults > 6);
}

TEST(change_is_told_and_a_wait_ended_although_there_was_no_memory_for_it) {
  Scripted scripted;
  StoreApi api = kScripted;
  api.control = &test::Sound<&ScriptedControl>::Call;
  const auto store = std::make_shared<const Store>(api, kUserMy);
  const size_t faults = test::WithEachFault(&test::WarmUpWorkers, [&] {
    std::optional<StoreWatch> watch;
    std::optional<test::Countdown> ended;
    {
      const test::OwnMemory memory;
      scripted.controls.clear();
      watch.emplace(store);
      ended.emplace(2);
    }
    int asked = 0;
    // A task that holds something is copied for a worker, which takes memory.
    const auto ask = [&] {
      try {
        watch->Next([&watch, &ended, held = std::make_shared<int>(0)] {
          try {
            watch->Rearm();
          } catch (const WindowsError& error) {
            if (error.status() != ERROR_CANCELLED) return;
          }
          ended->Tick();
        });
        ++asked;
      } catch (const std::bad_alloc&) {
        CHECK(test::HasMetFault());
      }
    };
    while (asked != 1) ask();
    SetEvent(scripted.controls[0].event);
    // Refused while the first one waits.
    while (asked != 2) {
      try {
        ask();
      } catch (const WindowsError&) {
        std::this_thread::yield();
      }
    }
    watch->Cancel();
    ended->Wait();
    test::WaitForWorkers();
    watch.reset();
  });
  CHECK(faults > 4);
}

TEST(store_that_cannot_be_watched_leaves_no_handle) {
  Scripted scripted;
  scripted.control_error = ERROR_CALL_NOT_IMPLEMENTED;
  scripted.failing_control = CERT_STORE_CTRL_NOTIFY_CHANGE;
  CHECK_EQUAL(CHECK_THROWS(StoreWatch(std::make_shared<const Store>(kScripted, kUserMy)),
                           ERROR_CALL_NOT_IMPLEMENTED),
              "CertControlStore");
  Scripted::CheckNoHandles();
}
