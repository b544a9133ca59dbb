// Where an enumeration of a store has come to.
#pragma once

#include "platform/win.h"

#include <utility>

namespace schannel {

// Each call of crypt32 frees the entry before, and the last one gives none. When the enumeration is
// left before its end, the entry is freed here.
template <typename Context, BOOL(WINAPI* kFree)(Context)>
class StoreCursor {
 public:
  StoreCursor() = default;
  StoreCursor(const StoreCursor&) = delete;
  StoreCursor& operator=(const StoreCursor&) = delete;
  ~StoreCursor() {
    if (at_ != nullptr) kFree(at_);
  }

  // False at the end.
  template <typename Enumerate>
  [[nodiscard]] bool Next(Enumerate enumerate, HCERTSTORE store) {
    at_ = enumerate(store, at_);
    return at_ != nullptr;
  }

  [[nodiscard]] Context get() const noexcept { return at_; }
  // For a call that frees it.
  [[nodiscard]] Context Release() noexcept { return std::exchange(at_, nullptr); }

 private:
  Context at_ = nullptr;
};

using CertificateCursor = StoreCursor<PCCERT_CONTEXT, &CertFreeCertificateContext>;
using RevocationListCursor = StoreCursor<PCCRL_CONTEXT, &CertFreeCRLContext>;

}  // namespace schannel
