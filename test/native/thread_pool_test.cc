#include "worker/thread_pool.h"

#include <atomic>
#include <thread>

#include "support/gate.h"
#include "support/harness.h"
#include "worker/released_on_worker.h"

using schannel::ThreadPool;
using std::chrono::milliseconds;
using test::Countdown;
using test::Gate;

TEST(pool_without_work_has_no_threads) { CHECK_EQUAL(ThreadPool().thread_count(), size_t{0}); }

TEST(every_task_runs_once) {
  ThreadPool pool(4, milliseconds(50));
  Countdown all(1000);
  std::atomic<int> runs{0};
  for (int task = 0; task < 1000; ++task) {
    pool.Post([&] {
      ++runs;
      all.Tick();
    });
  }
  all.Wait();
  CHECK_EQUAL(runs.load(), 1000);
}

TEST(pool_grows_to_its_limit_and_queues_beyond) {
  ThreadPool pool(3, milliseconds(50));
  Gate gate;
  Countdown running(3);
  Countdown all(7);
  std::atomic<int> started{0};
  for (int task = 0; task < 7; ++task) {
    pool.Post([&] {
      if (++started <= 3) running.Tick();
      gate.Wait();
      all.Tick();
    });
  }
  running.Wait();
  CHECK_EQUAL(pool.thread_count(), size_t{3});
  CHECK_EQUAL(started.load(), 3);
  gate.Open();
  all.Wait();
  CHECK_EQUAL(started.load(), 7);
}

TEST(idle_thread_takes_the_next_task) {
  ThreadPool pool(16, std::chrono::hours(1));
  for (int round = 0; round < 50; ++round) {
    Gate done;
    pool.Post([&done] { done.Open(); });
    done.Wait();
    // A thread that has answered is not idle yet; on a busy machine that can take a while.
    while (pool.idle_count() == 0) std::this_thread::yield();
    CHECK_EQUAL(pool.idle_count(), size_t{1});
    CHECK_EQUAL(pool.thread_count(), size_t{1});
  }
}

TEST(idle_threads_end) {
  ThreadPool pool(16, milliseconds(1));
  Gate done;
  pool.Post([&done] { done.Open(); });
  done.Wait();
  while (pool.thread_count() != 0) std::this_thread::yield();
}

TEST(last_reference_is_dropped_on_a_worker) {
  struct Probe {
    explicit Probe(std::thread::id& seen, Gate& gone) : thread(seen), gate(gone) {}
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe() {
      thread = std::this_thread::get_id();
      gate.Open();
    }
    std::thread::id& thread;
    Gate& gate;
  };
  std::thread::id destroyed_on;
  Gate gone;
  schannel::MakeReleasedOnWorker<Probe>(destroyed_on, gone).reset();
  gone.Wait();
  CHECK(destroyed_on != std::this_thread::get_id());
}

TEST(last_reference_of_a_task_is_dropped_before_the_task_ends) {
  struct Probe {
    explicit Probe(bool& flag) : gone(flag) {}
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe() { gone = true; }
    bool& gone;
  };
  CHECK(!ThreadPool::OnWorker());
  ThreadPool pool(1, milliseconds(50));
  Gate done;
  bool gone = false;
  bool gone_in_time = false;
  bool on_worker = false;
  pool.Post([&, probe = schannel::MakeReleasedOnWorker<Probe>(gone)]() mutable {
    on_worker = ThreadPool::OnWorker();
    probe.reset();
    gone_in_time = gone;
    done.Open();
  });
  done.Wait();
  CHECK(on_worker);
  CHECK(gone_in_time);
}
