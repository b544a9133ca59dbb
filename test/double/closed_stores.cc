// Wine's certificates keep their store when it is closed. Those of Windows do so only if the store
// was opened with CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG. The three functions of crypt32 here
// are called instead of the original ones, and do what Windows does. [stores 1]
#include "platform/win.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "double/world.h"
#include "platform/dynamic_function.h"

namespace schannel_double {
namespace {

// The function that crypt32 exports, which is not the one that is linked.
template <typename T>
T Original(const char* name) {
  return schannel::FindFunction<T>(L"crypt32.dll", name);
}

class Stores {
 public:
  void Opened(HCERTSTORE store, bool deferred) {
    const std::lock_guard<std::mutex> guard(mutex_);
    memory_[store] = deferred;
  }

  // Whether the store ends now, although certificates of it may still be held.
  bool Closing(HCERTSTORE store) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = memory_.find(store);
    if (found == memory_.end()) return false;
    const bool deferred = found->second;
    memory_.erase(found);
    return !deferred;
  }

  // Keeps the handle of a closed store, so that no other store gets its address. Returns one that
  // was kept long enough, if there is one.
  HCERTSTORE Keep(HCERTSTORE store) {
    const std::lock_guard<std::mutex> guard(mutex_);
    closed_.push_back(store);
    if (closed_.size() <= kKept) return nullptr;
    const HCERTSTORE oldest = closed_.front();
    closed_.pop_front();
    return oldest;
  }

  bool IsClosed(HCERTSTORE store) {
    const std::lock_guard<std::mutex> guard(mutex_);
    return std::find(closed_.begin(), closed_.end(), store) != closed_.end();
  }

 private:
  static constexpr size_t kKept = 64;
  std::mutex mutex_;
  std::map<HCERTSTORE, bool> memory_;  // open memory stores, and whether their end is deferred
  std::deque<HCERTSTORE> closed_;
};

Stores& TheStores() {
  static auto* const stores = new Stores();  // threads may outlive the statics
  return *stores;
}

HCERTSTORE WINAPI Open(LPCSTR provider, DWORD encoding, HCRYPTPROV_LEGACY legacy, DWORD flags,
                       const void* para) {
  static const auto original = Original<decltype(&CertOpenStore)>("CertOpenStore");
  const HCERTSTORE store = original(provider, encoding, legacy, flags, para);
  if (store != nullptr && provider == CERT_STORE_PROV_MEMORY) {
    TheStores().Opened(store, (flags & CERT_STORE_DEFER_CLOSE_UNTIL_LAST_FREE_FLAG) != 0);
  }
  return store;
}

BOOL WINAPI Close(HCERTSTORE store, DWORD flags) {
  static const auto original = Original<decltype(&CertCloseStore)>("CertCloseStore");
  if (!TheStores().Closing(store)) return original(store, flags);
  while (PCCERT_CONTEXT const each = CertEnumCertificatesInStore(store, nullptr)) {
    CertDeleteCertificateFromStore(each);
  }
  const HCERTSTORE oldest = TheStores().Keep(store);
  return oldest == nullptr ? TRUE : original(oldest, 0);
}

BOOL WINAPI GetChain(HCERTCHAINENGINE engine, PCCERT_CONTEXT certificate, LPFILETIME time,
                     HCERTSTORE additional, PCERT_CHAIN_PARA para, DWORD flags, LPVOID reserved,
                     PCCERT_CHAIN_CONTEXT* chain) {
  static const auto original =
      Original<decltype(&CertGetCertificateChain)>("CertGetCertificateChain");
  if (additional != nullptr && TheStores().IsClosed(additional)) {
    Violate("CertGetCertificateChain with a store that was closed [stores 1]");
  }
  return original(engine, certificate, time, additional, para, flags, reserved, chain);
}

}  // namespace
}  // namespace schannel_double

// What the import library of crypt32 has for these functions: the pointer and the function itself.
// Ours are linked first.
#define SCHANNEL_DOUBLE_REPLACES(name, function)                                 \
  extern "C" {                                                                   \
  extern decltype(&name) const schannel_imported_##name __asm__("__imp_" #name); \
  decltype(&name) const schannel_imported_##name = &schannel_double::function;   \
  }                                                                              \
  __asm__(".text\n.globl " #name "\n" #name ":\n\tjmp *__imp_" #name "(%rip)\n")

SCHANNEL_DOUBLE_REPLACES(CertOpenStore, Open);
SCHANNEL_DOUBLE_REPLACES(CertCloseStore, Close);
SCHANNEL_DOUBLE_REPLACES(CertGetCertificateChain, GetChain);
