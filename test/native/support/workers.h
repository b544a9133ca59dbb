// The threads of the shared pool, for tests that count blocks of memory.
#pragma once

#include <thread>

#include "support/gate.h"
#include "worker/lane.h"
#include "worker/thread_pool.h"

namespace test {

// After the last task has begun: waits for its end. A worker that has answered is not idle yet.
inline void WaitForWorkers() {
  const schannel::ThreadPool& pool = schannel::ThreadPool::Shared();
  while (pool.idle_count() != pool.thread_count()) std::this_thread::yield();
}

// The pool makes all its threads, so that no post makes another one, and each of them waits for
// work from now on, so that none ends soon. Lanes are made at their first use, too.
inline void WarmUpWorkers() {
  static_cast<void>(schannel::Lane::OfStrangers());
  const auto threads = static_cast<int>(schannel::ThreadPool::MaximumThreads());
  Countdown all(threads);
  for (int thread = 0; thread < threads; ++thread) {
    schannel::ThreadPool::Shared().Post([&all] {
      all.Tick();
      all.Wait();
    });
  }
  all.Wait();
  WaitForWorkers();
}

}  // namespace test
