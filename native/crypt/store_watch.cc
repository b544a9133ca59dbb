#include "crypt/store_watch.h"

#include <mutex>
#include <utility>

#include "platform/windows_error.h"
#include "worker/thread_pool.h"

namespace schannel {
namespace {

// How long it takes until a post is tried again.
constexpr DWORD kPauseMs = 10;

HANDLE MakeEvent() {
  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  if (event == nullptr) throw LastError("CreateEventW");
  return event;
}

}  // namespace

StoreWatch::StoreWatch(std::shared_ptr<const Store> store)
    : store_(std::move(store)), event_(MakeEvent()) {
  const HANDLE event = event_.get();
  store_->Control(0, CERT_STORE_CTRL_NOTIFY_CHANGE, &event);
  if (!RegisterWaitForSingleObject(&wait_, event, &StoreWatch::OnSignal, this, INFINITE,
                                   WT_EXECUTEDEFAULT)) {
    const WindowsError error = LastError("RegisterWaitForSingleObject");
    store_->api().control(store_->handle(), 0, CERT_STORE_CTRL_CANCEL_NOTIFY, &event);
    throw error;
  }
}

StoreWatch::~StoreWatch() {
  // Waits for a callback that runs: it is another thread's, and short.
  UnregisterWaitEx(wait_, INVALID_HANDLE_VALUE);
  const HANDLE event = event_.get();
  store_->api().control(store_->handle(), 0, CERT_STORE_CTRL_CANCEL_NOTIFY, &event);
}

void StoreWatch::Next(Task task) {
  {
    const std::lock_guard<Lock> guard(lock_);
    if (waiting_) throw WindowsError(SEC_E_INVALID_HANDLE, "watch is busy");
    waiting_ = std::move(task);
    if (!changed_ && !cancelled_) return;
  }
  Release();
}

void StoreWatch::Rearm() {
  {
    const std::lock_guard<Lock> guard(lock_);
    if (cancelled_) throw WindowsError(ERROR_CANCELLED, "watch is closed");
    // Before the store is read: otherwise a change in between would be taken for an old one.
    changed_ = false;
  }
  const HANDLE event = event_.get();
  store_->Control(0, CERT_STORE_CTRL_RESYNC, &event);
}

void StoreWatch::Cancel() {
  {
    const std::lock_guard<Lock> guard(lock_);
    cancelled_ = true;
  }
  Release();
}

void CALLBACK StoreWatch::OnSignal(void* watch, BOOLEAN) {
  static_cast<StoreWatch*>(watch)->Signal();
}

void StoreWatch::Signal() {
  {
    const std::lock_guard<Lock> guard(lock_);
    changed_ = true;
  }
  if (TryRelease()) return;
  Sleep(kPauseMs);
  SetEvent(event_.get());
}

void StoreWatch::Release() {
  if (!TryRelease()) SetEvent(event_.get());
}

bool StoreWatch::TryRelease() {
  const std::lock_guard<Lock> guard(lock_);
  if (!waiting_) return true;
  try {
    ThreadPool::Shared().Post(waiting_);
  } catch (const std::exception&) {
    return false;
  }
  waiting_ = nullptr;
  return true;
}

}  // namespace schannel
