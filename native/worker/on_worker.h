// Tasks that a thread of somebody else's hands to a worker.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "worker/thread_pool.h"

namespace schannel {

// A task that hands `task` to a worker, once: what that holds is then released there. It does not
// throw. Without memory or a thread for a worker, it waits until there is one: for threads that
// nobody waits for.
[[nodiscard]] inline ThreadPool::Task OnWorker(ThreadPool::Task task) {
  constexpr std::chrono::milliseconds kPause(10);
  const auto once = std::make_shared<ThreadPool::Task>(std::move(task));
  return [once, kPause] {
    for (;;) {
      try {
        ThreadPool::Shared().Post([once] {
          const ThreadPool::Task own = std::exchange(*once, nullptr);
          own();
        });
        return;
      } catch (const std::exception&) {
        std::this_thread::sleep_for(kPause);
      }
    }
  };
}

}  // namespace schannel
