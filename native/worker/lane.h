// A share of the threads, for tasks of one kind.
#pragma once

#include "platform/win.h"

#include <cstddef>
#include <deque>
#include <memory>

#include "platform/lock.h"
#include "worker/thread_pool.h"

namespace schannel {

// No more than so many of its tasks are with the pool at a time, however many there are: the other
// threads stay free for everybody else.
class Lane {
 public:
  // The pool must outlive it.
  Lane(ThreadPool& pool, size_t threads);

  // The shared pool's, for what may wait for hosts that a peer names: half of the threads, so that
  // no peer can hold up handshakes.
  static Lane& OfStrangers();

  // Other threads, for what may wait for the user of this machine: dialogs may be open for
  // long, and several at a time.
  static Lane& OfDialogs();

  // As ThreadPool::Post().
  void Post(ThreadPool::Task task);

 private:
  // Outlives the lane: each task of the pool holds it.
  struct State {
    explicit State(size_t limit) : maximum_threads(limit) {}
    const size_t maximum_threads;
    Lock lock;
    std::deque<ThreadPool::Task> queue;
    size_t threads = 0;
  };

  static void Serve(State& state);

  ThreadPool& pool_;
  std::shared_ptr<State> state_;
};

}  // namespace schannel
