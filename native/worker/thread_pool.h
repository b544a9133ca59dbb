// Threads for calls that may block: for minutes, when Windows asks for a PIN.
#pragma once

#include "platform/win.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "platform/lock.h"

namespace schannel {

// Made on demand up to a limit, gone after some idle seconds. Separate from libuv's four threads,
// which fs and dns of the whole process depend on.
class ThreadPool {
 public:
  using Task = std::function<void()>;  // must not throw

  // Twice the processors, four to sixteen: enough that a PIN dialog does not hold up the others,
  // and few enough that handshakes that compute leave the event loop its share.
  static size_t MaximumThreads() noexcept;
  static constexpr std::chrono::seconds kIdleTime{10};

  explicit ThreadPool(size_t maximum_threads = MaximumThreads(),
                      std::chrono::milliseconds idle_time = kIdleTime);

  // The pool of this process, shared by all environments. Never destroyed: when a process exits
  // Windows ends its threads wherever they are, and a destructor would wait for locks they held.
  static ThreadPool& Shared();

  // Whether this thread is one of a pool.
  [[nodiscard]] static bool OnWorker() noexcept;

  // Runs `task` as soon as a thread is free. When it throws, the task will not run: there is no
  // memory for it (std::bad_alloc), or not even one thread can be made (std::system_error).
  void Post(Task task);

  [[nodiscard]] size_t thread_count() const;
  // Those of them that wait for work.
  [[nodiscard]] size_t idle_count() const;

 private:
  // Outlives the pool object: each thread holds it.
  struct State {
    State(size_t maximum, std::chrono::milliseconds patience)
        : maximum_threads(maximum), idle_time(patience) {}
    const size_t maximum_threads;
    const std::chrono::milliseconds idle_time;
    mutable Lock lock;
    Condition work;
    std::deque<Task> queue;
    size_t threads = 0;
    size_t idle = 0;
  };

  static void Serve(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace schannel
