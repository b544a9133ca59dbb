// What becomes of tasks when there is no memory.
#include "platform/win.h"

#include <atomic>
#include <memory>
#include <thread>

#include "support/faults.h"
#include "support/gate.h"
#include "support/harness.h"
#include "support/workers.h"
#include "worker/lane.h"
#include "worker/on_worker.h"
#include "worker/released_on_worker.h"
#include "worker/thread_pool.h"

using schannel::Lane;
using schannel::ThreadPool;
using std::chrono::milliseconds;
using test::OwnMemory;

namespace {

// Counts the runs of tasks.
struct Runs {
  std::atomic<size_t> count{0};
  std::atomic<size_t> released{0};
};

// What a task holds: gives it back when the task is gone.
struct Held {
  explicit Held(Runs& all) : runs(all) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { ++runs.released; }
  Runs& runs;
};

// Posts three tasks, one after the other. Each of them runs once, or its post throws.
template <typename Threads>
void PostThree(Threads& threads, const ThreadPool& pool) {
  Runs runs;
  size_t expected = 0;
  size_t made = 0;
  for (int task = 0; task < 3; ++task) {
    try {
      auto held = std::make_shared<Held>(runs);
      ++made;
      threads.Post([held = std::move(held)] { ++held->runs.count; });
      ++expected;
    } catch (const std::bad_alloc&) {
      CHECK(test::HasMetFault());
    }
  }
  while (runs.released != made) std::this_thread::yield();
  while (pool.idle_count() != pool.thread_count()) std::this_thread::yield();
  CHECK_EQUAL(runs.count.load(), expected);
  CHECK(expected >= 2);
}

// Its threads end as soon as they have no work. That it can be made is not in question.
struct ShortPool {
  ShortPool() {
    const OwnMemory memory;
    threads = std::make_unique<ThreadPool>(2, milliseconds(0));
    lane = std::make_unique<Lane>(*threads, 1);
  }
  ShortPool(const ShortPool&) = delete;
  ShortPool& operator=(const ShortPool&) = delete;
  ~ShortPool() {
    while (threads->thread_count() != 0) std::this_thread::yield();
  }
  std::unique_ptr<ThreadPool> threads;
  std::unique_ptr<Lane> lane;
};

}  // namespace

TEST(task_runs_once_or_is_refused_without_memory) {
  // Whether a post makes a thread, gives the task to one that is idle, or leaves it to one that is
  // busy depends on the moment. All are met, since a thread ends at once without work.
  for (int round = 0; round < 10; ++round) {
    test::WithEachFault([] {},
                        [] {
                          ShortPool pool;
                          PostThree(*pool.threads, *pool.threads);
                        });
  }
}

TEST(task_of_a_lane_runs_once_or_is_refused_without_memory) {
  for (int round = 0; round < 10; ++round) {
    test::WithEachFault([] {},
                        [] {
                          ShortPool pool;
                          PostThree(*pool.lane, *pool.threads);
                        });
  }
}

TEST(task_for_a_worker_is_handed_over_however_long_there_is_no_memory) {
  const size_t faults = test::WithEachFault(&test::WarmUpWorkers, [] {
    Runs runs;
    ThreadPool::Task hand_over;
    {
      const OwnMemory memory;
      hand_over = schannel::OnWorker([held = std::make_shared<Held>(runs)] { ++held->runs.count; });
    }
    hand_over();
    while (runs.released != 1) std::this_thread::yield();
    test::WaitForWorkers();
    CHECK_EQUAL(runs.count.load(), size_t{1});
    const OwnMemory memory;
    hand_over = nullptr;
  });
  CHECK(faults != 0);
}
