// Work for a thread of the pool, and its way back to the event loop it came from.
#pragma once

#include "platform/win.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include <napi.h>

#include "platform/lock.h"
#include "worker/lane.h"

namespace schannel {

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // On a worker thread: no Node-API. May throw WindowsError.
  virtual void Run() = 0;
  // Drops what there is of a result. On the worker thread when Run() threw, on the event loop when
  // Result() did.
  virtual void Fail(LONG status, const char* syscall) noexcept = 0;
  // On the event loop: what the callback is called with.
  virtual Napi::Value Result(Napi::Env env) = 0;

 private:
  friend class JobQueue;
  std::shared_ptr<Job> next_;  // in a queue
};

// First in, first out. Takes no memory: a job that is done must not be lost for lack of it.
class JobQueue {
 public:
  JobQueue() = default;
  JobQueue(JobQueue&& other) noexcept
      : first_(std::move(other.first_)), last_(std::exchange(other.last_, nullptr)) {}
  JobQueue& operator=(JobQueue&&) = delete;
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;
  ~JobQueue() { Clear(); }

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  void Push(std::shared_ptr<Job> job) noexcept;
  // Null when it is empty.
  [[nodiscard]] std::shared_ptr<Job> Pop() noexcept;
  void Clear() noexcept {
    while (!empty()) Pop().reset();
  }

 private:
  std::shared_ptr<Job> first_;
  Job* last_ = nullptr;
};

// One for each environment. Jobs whose environment ends before they do are forgotten: their handles
// are released, their callbacks are not called.
class Dispatcher {
 public:
  explicit Dispatcher(napi_env env);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  // Sees to it that the task runs once, on a worker, now or later; throws when it will not.
  using Start = std::function<void(std::function<void()> task)>;

  // Calls `callback` in the asynchronous context of now. `owner` (or null) stays alive until then.
  void Post(napi_value callback, napi_value owner, std::shared_ptr<Job> job);
  // The same on no more threads than the lane has.
  void Post(napi_value callback, napi_value owner, std::shared_ptr<Job> job, Lane& lane);
  void Post(napi_value callback, napi_value owner, std::shared_ptr<Job> job, const Start& start);

  // There will be no event loop any more: from now on Post() waits for its job, but all of them
  // together no longer than `time`, and calls back before it returns. What was posted before is
  // forgotten as if the environment had ended; up to `settling`, waits until workers have let go of
  // it and its handles.
  void Finish(std::chrono::milliseconds settling, std::chrono::milliseconds time);

 private:
  // What of this environment a worker may touch. It outlives the environment.
  struct Mailbox {
    Lock lock;
    bool closed = false;
    napi_threadsafe_function wake = nullptr;
    JobQueue done;
    // Tasks that a worker has, or will come to.
    size_t under_way = 0;
    // After Finish(): the one job that is waited for.
    bool finishing = false;
    const Job* awaited = nullptr;
    Condition changed;

    [[nodiscard]] bool Wants(const Job* job) const noexcept {
      return !closed && (!finishing || job == awaited);
    }
  };
  struct PendingCall {
    napi_ref callback = nullptr;
    napi_ref owner = nullptr;
    napi_async_context context = nullptr;
  };

  // Threads are the pool, or a lane of it.
  template <typename Threads>
  static void PostTo(Threads& threads, const std::shared_ptr<Mailbox>& mailbox,
                     std::function<void()> task);
  static void Execute(Mailbox& mailbox, const std::shared_ptr<Job>& job);
  static void OnWake(napi_env env, napi_value callback, void* dispatcher, void* data);
  static void OnEnvironmentEnd(void* dispatcher);
  void Deliver(const std::shared_ptr<Job>& job);
  void DeliverBefore(std::chrono::steady_clock::time_point deadline, const Job* awaited);
  napi_value ResultOf(Job& job);
  PendingCall MakePendingCall(napi_value callback, napi_value owner);
  void Remember(const Job* job, napi_value callback, napi_value owner);
  void Destroy(const PendingCall& call) noexcept;
  PendingCall TakePendingCall(const Job* job);
  void ForgetPending() noexcept;

  napi_env env_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::unordered_map<const Job*, PendingCall> pending_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;  // after Finish()
};

}  // namespace schannel
