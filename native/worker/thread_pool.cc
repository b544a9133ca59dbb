#include "worker/thread_pool.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace schannel {
namespace {

thread_local bool on_worker = false;

}  // namespace

ThreadPool::ThreadPool(size_t maximum_threads, std::chrono::milliseconds idle_time)
    : state_(std::make_shared<State>(maximum_threads, idle_time)) {}

size_t ThreadPool::MaximumThreads() noexcept {
  return std::clamp<size_t>(size_t{2} * std::thread::hardware_concurrency(), 4, 16);
}

ThreadPool& ThreadPool::Shared() {
  static ThreadPool& pool = *new ThreadPool();
  return pool;
}

void ThreadPool::Post(Task task) {
  Task refused;  // what it holds may post when it is released, so not under the lock
  std::unique_lock<Lock> held(state_->lock);
  state_->queue.push_back(std::move(task));
  if (state_->queue.size() <= state_->idle) {
    held.unlock();  // or the thread that wakes up would wait for the lock at once
    state_->work.NotifyOne();
    return;
  }
  if (state_->threads == state_->maximum_threads) return;
  try {
    std::thread(&ThreadPool::Serve, state_).detach();
    ++state_->threads;
  } catch (const std::exception&) {
    if (state_->threads != 0) return;  // those there are will come to it
    refused = std::move(state_->queue.back());
    state_->queue.pop_back();
    throw;
  }
}

bool ThreadPool::OnWorker() noexcept { return on_worker; }

size_t ThreadPool::thread_count() const {
  const std::lock_guard<Lock> guard(state_->lock);
  return state_->threads;
}

size_t ThreadPool::idle_count() const {
  const std::lock_guard<Lock> guard(state_->lock);
  return state_->idle;
}

void ThreadPool::Serve(const std::shared_ptr<State>& state) {
  on_worker = true;
  std::unique_lock<Lock> held(state->lock);
  for (;;) {
    ++state->idle;
    const bool found = state->work.WaitFor(state->lock, state->idle_time,
                                           [&state] { return !state->queue.empty(); });
    --state->idle;
    if (!found) break;
    Task task = std::move(state->queue.front());
    state->queue.pop_front();
    held.unlock();
    task();
    task = nullptr;  // what it holds is released here, not under the lock
    held.lock();
  }
  --state->threads;
}

}  // namespace schannel
