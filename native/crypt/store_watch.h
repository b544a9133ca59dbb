// Hearing of changes of a store.
#pragma once

#include "platform/win.h"

#include <functional>
#include <memory>

#include "crypt/store.h"
#include "platform/lock.h"

namespace schannel {

struct EventTraits : PointerTraits<HANDLE> {
  static constexpr HandleKind kKind = HandleKind::kWatch;
  static void Free(Raw raw) noexcept { CloseHandle(raw); }
};
using UniqueEvent = UniqueHandle<EventTraits>;

// crypt32 signals an event once; it is armed again by the synchronisation that shows the change.
// Wine 10 never signals it. No thread of ours waits: Windows' pool does, for all events of a
// process. Its callback must have ended before the watch does, so the last reference must not fall
// in it: hence MakeReleasedOnWorker().
class StoreWatch {
 public:
  // Runs on a worker, when the store has changed or the watch is cancelled. Must not throw.
  using Task = std::function<void()>;

  // May block. Throws WindowsError.
  explicit StoreWatch(std::shared_ptr<const Store> store);
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;
  ~StoreWatch();

  // Runs `task` once: at once if the store has changed since Rearm(), or the watch is cancelled.
  // Throws WindowsError while another one waits.
  void Next(Task task);
  // On a worker, by the task: makes the changes visible, and hears of those that follow. Throws
  // WindowsError, with ERROR_CANCELLED when the watch is cancelled.
  void Rearm();
  // Runs the task that waits, if any, and every later one at once.
  void Cancel();

 private:
  static void CALLBACK OnSignal(void* watch, BOOLEAN timed_out);
  void Signal();
  // Gives the waiting task to a worker. Without memory or a thread for that, signals the event, and
  // so tries again: crypt32 would not signal it before Rearm().
  void Release();
  [[nodiscard]] bool TryRelease();

  const std::shared_ptr<const Store> store_;
  const UniqueEvent event_;
  HANDLE wait_ = nullptr;
  Lock lock_;
  Task waiting_;
  bool changed_ = false;
  bool cancelled_ = false;
};

}  // namespace schannel
