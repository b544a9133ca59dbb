// The move-only owner of a Windows handle.
#pragma once

#include <utility>

#include "handle/handle_counts.h"

namespace schannel {

// Traits say what a handle is: the type `Raw`, `kKind` for the count, `Empty()`, `Valid(raw)` and
// `Free(raw)`. A handle enters by the constructor or Reset() only, so that each one owned is
// counted and freed once.
template <typename Traits>
class UniqueHandle {
 public:
  using Raw = typename Traits::Raw;

  UniqueHandle() noexcept = default;
  explicit UniqueHandle(const Raw& raw) noexcept { Reset(raw); }
  UniqueHandle(UniqueHandle&& other) noexcept : raw_(std::exchange(other.raw_, Traits::Empty())) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    if (this != &other) {
      Reset();
      raw_ = std::exchange(other.raw_, Traits::Empty());
    }
    return *this;
  }
  UniqueHandle(const UniqueHandle&) = delete;
  UniqueHandle& operator=(const UniqueHandle&) = delete;
  ~UniqueHandle() { Reset(); }

  [[nodiscard]] explicit operator bool() const noexcept { return Traits::Valid(raw_); }
  [[nodiscard]] const Raw& get() const noexcept { return raw_; }

  // Frees what is owned and takes `raw`, which may be empty.
  void Reset(const Raw& raw = Traits::Empty()) noexcept {
    Raw old = std::exchange(raw_, raw);
    if (Traits::Valid(raw_)) LiveHandles(Traits::kKind).fetch_add(1, std::memory_order_relaxed);
    if (!Traits::Valid(old)) return;
    Traits::Free(old);
    LiveHandles(Traits::kKind).fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  Raw raw_ = Traits::Empty();
};

}  // namespace schannel
