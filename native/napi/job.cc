#include "napi/job.h"

#include <mutex>
#include <utility>

#include "napi/guard.h"
#include "worker/thread_pool.h"

namespace schannel {

void JobQueue::Push(std::shared_ptr<Job> job) noexcept {
  Job* const added = job.get();
  (last_ == nullptr ? first_ : last_->next_) = std::move(job);
  last_ = added;
}

std::shared_ptr<Job> JobQueue::Pop() noexcept {
  std::shared_ptr<Job> job = std::move(first_);
  if (job != nullptr) first_ = std::move(job->next_);
  if (first_ == nullptr) last_ = nullptr;
  return job;
}

Dispatcher::Dispatcher(napi_env env) : env_(env) {
  napi_value name = nullptr;
  CheckNapi(env, napi_create_string_utf8(env, "schannel", NAPI_AUTO_LENGTH, &name));
  CheckNapi(env,
            napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr,
                                            this, &Dispatcher::OnWake, &mailbox_->wake));
  try {
    // Referenced only while jobs are pending: an idle add-on must not keep the process alive.
    CheckNapi(env, napi_unref_threadsafe_function(env, mailbox_->wake));
    // Hooks run last in, first out: ours before the one that ends the thread-safe function.
    CheckNapi(env, napi_add_env_cleanup_hook(env, &Dispatcher::OnEnvironmentEnd, this));
  } catch (const Napi::Error&) {
    napi_release_threadsafe_function(mailbox_->wake, napi_tsfn_abort);
    throw;
  }
}

// Not after the end of the environment, only when the rest of the add-on could not be set up.
Dispatcher::~Dispatcher() {
  if (mailbox_->closed) return;
  napi_remove_env_cleanup_hook(env_, &Dispatcher::OnEnvironmentEnd, this);
  OnEnvironmentEnd(this);
}

void Dispatcher::Post(napi_value callback, napi_value owner, std::shared_ptr<Job> job) {
  Post(callback, owner, std::move(job),
       [this](ThreadPool::Task task) { PostTo(ThreadPool::Shared(), mailbox_, std::move(task)); });
}

void Dispatcher::Post(napi_value callback, napi_value owner, std::shared_ptr<Job> job, Lane& lane) {
  Post(callback, owner, std::move(job),
       [this, &lane](ThreadPool::Task task) { PostTo(lane, mailbox_, std::move(task)); });
}

void Dispatcher::Post(napi_value callback, napi_value owner, std::shared_ptr<Job> job,
                      const Start& start) {
  const Job* const key = job.get();
  Remember(key, callback, owner);
  if (deadline_) {
    const std::lock_guard<Lock> guard(mailbox_->lock);
    mailbox_->awaited = key;
  }
  try {
    start([mailbox = mailbox_, job = std::move(job)] { Execute(*mailbox, job); });
  } catch (...) {
    Destroy(TakePendingCall(key));
    const std::lock_guard<Lock> guard(mailbox_->lock);
    mailbox_->awaited = nullptr;
    throw;
  }
  if (deadline_) DeliverBefore(*deadline_, key);
}

template <typename Threads>
void Dispatcher::PostTo(Threads& threads, const std::shared_ptr<Mailbox>& mailbox,
                        ThreadPool::Task task) {
  const auto count = [mailbox](size_t change) {
    const std::lock_guard<Lock> guard(mailbox->lock);
    mailbox->under_way += change;
    if (mailbox->finishing) mailbox->changed.NotifyOne();
  };
  constexpr auto kLess = static_cast<size_t>(-1);
  count(1);
  try {
    threads.Post([count, task = std::move(task)]() mutable {
      task();
      task = nullptr;  // with all that it holds, before it counts as over
      count(kLess);
    });
  } catch (...) {
    count(kLess);
    throw;
  }
}

void Dispatcher::Finish(std::chrono::milliseconds settling, std::chrono::milliseconds time) {
  // Not only for the callbacks' sake: calls are known by the addresses of jobs, which come again.
  ForgetPending();
  JobQueue done = [this] {
    const std::lock_guard<Lock> guard(mailbox_->lock);
    mailbox_->finishing = true;
    return JobQueue(std::move(mailbox_->done));
  }();
  try {
    PostTo(ThreadPool::Shared(), mailbox_,
           [forgotten = std::make_shared<JobQueue>(std::move(done))] { forgotten->Clear(); });
  } catch (const std::exception&) {
    // No memory or thread to do it elsewhere: they are released here.
  }
  {
    const std::lock_guard<Lock> guard(mailbox_->lock);
    mailbox_->changed.WaitFor(mailbox_->lock, settling,
                              [this] { return mailbox_->under_way == 0; });
  }
  deadline_ = std::chrono::steady_clock::now() + time;
}

void Dispatcher::Execute(Mailbox& mailbox, const std::shared_ptr<Job>& job) {
  {
    const std::lock_guard<Lock> guard(mailbox.lock);
    if (!mailbox.Wants(job.get())) return;
  }
  try {
    job->Run();
  } catch (const WindowsError& error) {
    job->Fail(error.status(), error.syscall());
  } catch (const std::bad_alloc&) {
    job->Fail(E_OUTOFMEMORY, "out of memory");
  } catch (const std::exception&) {
    job->Fail(E_FAIL, "native failure");
  }
  const std::lock_guard<Lock> guard(mailbox.lock);
  if (!mailbox.Wants(job.get())) return;
  mailbox.done.Push(job);
  if (mailbox.finishing) {
    mailbox.changed.NotifyOne();
    return;
  }
  napi_call_threadsafe_function(mailbox.wake, nullptr, napi_tsfn_nonblocking);
}

// Once for each finished job, so that microtasks and process.nextTick run between two callbacks.
void Dispatcher::OnWake(napi_env env, napi_value, void* dispatcher, void*) {
  if (env == nullptr) return;  // the environment ends, and `dispatcher` may be gone
  auto& self = *static_cast<Dispatcher*>(dispatcher);
  std::shared_ptr<Job> job;
  {
    const std::lock_guard<Lock> guard(self.mailbox_->lock);
    job = self.mailbox_->done.Pop();
  }
  if (job == nullptr) return;
  Guard(env, [&self, &job]() -> napi_value {
    self.Deliver(job);
    return nullptr;
  });
}

void Dispatcher::Deliver(const std::shared_ptr<Job>& job) {
  const PendingCall call = TakePendingCall(job.get());
  napi_status status = napi_ok;
  try {
    napi_value callback = nullptr;
    napi_value global = nullptr;
    CheckNapi(env_, napi_get_reference_value(env_, call.callback, &callback));
    CheckNapi(env_, napi_get_global(env_, &global));
    const napi_value argument = ResultOf(*job);
    status = napi_make_callback(env_, call.context, global, callback, 1, &argument, nullptr);
  } catch (const Napi::Error&) {
    Destroy(call);
    throw;
  }
  Destroy(call);
  if (status != napi_pending_exception) return;
  // Else Node would only warn of an exception that leaves a thread-safe function: it is an uncaught
  // one.
  napi_value exception = nullptr;
  if (napi_get_and_clear_last_exception(env_, &exception) == napi_ok) {
    napi_fatal_exception(env_, exception);
  }
}

// There is a callback for each call, so a result that can't be made is a failure.
napi_value Dispatcher::ResultOf(Job& job) {
  try {
    return job.Result(env_);
  } catch (const std::exception&) {
    job.Fail(E_OUTOFMEMORY, "out of memory");
  }
  return job.Result(env_);
}

void Dispatcher::DeliverBefore(std::chrono::steady_clock::time_point deadline, const Job* awaited) {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard<Lock> guard(mailbox_->lock);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    mailbox_->changed.WaitFor(mailbox_->lock, left, [this] { return !mailbox_->done.empty(); });
    mailbox_->awaited = nullptr;
    job = mailbox_->done.Pop();
  }
  if (job != nullptr) {
    Deliver(job);
  } else {
    Destroy(TakePendingCall(awaited));
  }
}

void Dispatcher::OnEnvironmentEnd(void* dispatcher) {
  auto& self = *static_cast<Dispatcher*>(dispatcher);
  {
    const std::lock_guard<Lock> guard(self.mailbox_->lock);
    self.mailbox_->closed = true;
    self.mailbox_->done.Clear();
  }
  self.ForgetPending();
  napi_release_threadsafe_function(self.mailbox_->wake, napi_tsfn_abort);
}

void Dispatcher::ForgetPending() noexcept {
  for (const auto& entry : pending_) Destroy(entry.second);
  pending_.clear();
}

Dispatcher::PendingCall Dispatcher::MakePendingCall(napi_value callback, napi_value owner) {
  PendingCall call;
  try {
    napi_value name = nullptr;
    CheckNapi(env_, napi_create_string_utf8(env_, "schannel", NAPI_AUTO_LENGTH, &name));
    CheckNapi(env_, napi_create_reference(env_, callback, 1, &call.callback));
    if (owner != nullptr) CheckNapi(env_, napi_create_reference(env_, owner, 1, &call.owner));
    CheckNapi(env_, napi_async_init(env_, nullptr, name, &call.context));
    return call;
  } catch (const Napi::Error&) {
    Destroy(call);
    throw;
  }
}

void Dispatcher::Remember(const Job* job, napi_value callback, napi_value owner) {
  const PendingCall call = MakePendingCall(callback, owner);
  try {
    pending_.emplace(job, call);
  } catch (...) {
    Destroy(call);
    throw;
  }
  if (pending_.size() != 1) return;
  const napi_status status = napi_ref_threadsafe_function(env_, mailbox_->wake);
  if (status != napi_ok) Destroy(TakePendingCall(job));
  CheckNapi(env_, status);
}

void Dispatcher::Destroy(const PendingCall& call) noexcept {
  if (call.context != nullptr) napi_async_destroy(env_, call.context);
  if (call.callback != nullptr) napi_delete_reference(env_, call.callback);
  if (call.owner != nullptr) napi_delete_reference(env_, call.owner);
}

Dispatcher::PendingCall Dispatcher::TakePendingCall(const Job* job) {
  const auto entry = pending_.find(job);
  const PendingCall call = entry->second;
  pending_.erase(entry);
  if (pending_.empty()) napi_unref_threadsafe_function(env_, mailbox_->wake);
  return call;
}

}  // namespace schannel
