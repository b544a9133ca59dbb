#include "worker/lane.h"

#include <exception>
#include <mutex>
#include <utility>

namespace schannel {

Lane::Lane(ThreadPool& pool, size_t threads)
    : pool_(pool), state_(std::make_shared<State>(threads)) {}

Lane& Lane::OfStrangers() {
  // Never destroyed, as the pool.
  static Lane& lane = *new Lane(ThreadPool::Shared(), ThreadPool::MaximumThreads() / 2);
  return lane;
}

Lane& Lane::OfDialogs() {
  constexpr size_t kThreads = 16;
  static ThreadPool& pool = *new ThreadPool(kThreads);
  static Lane& lane = *new Lane(pool, kThreads);
  return lane;
}

void Lane::Post(ThreadPool::Task task) {
  ThreadPool::Task refused;  // released when the lock is not held, as in ThreadPool::Post()
  const std::lock_guard<Lock> guard(state_->lock);
  state_->queue.push_back(std::move(task));
  if (state_->threads == state_->maximum_threads) return;
  try {
    pool_.Post([state = state_] { Serve(*state); });
    ++state_->threads;
  } catch (const std::exception&) {
    if (state_->threads != 0) return;  // those there are will come to it
    refused = std::move(state_->queue.back());
    state_->queue.pop_back();
    throw;
  }
}

void Lane::Serve(State& state) {
  std::unique_lock<Lock> held(state.lock);
  while (!state.queue.empty()) {
    ThreadPool::Task task = std::move(state.queue.front());
    state.queue.pop_front();
    held.unlock();
    task();
    task = nullptr;  // what it holds is released here, not under the lock
    held.lock();
  }
  --state.threads;
}

}  // namespace schannel
