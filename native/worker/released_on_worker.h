// Objects whose handles are given back on a worker thread, wherever the last reference to them
// falls.
#pragma once

#include <exception>
#include <memory>
#include <utility>

#include "worker/thread_pool.h"

namespace schannel {

// DeleteSecurityContext and FreeCredentialsHandle talk to LSASS and have been seen to wait for it,
// as smart cards do when a key is given back, so neither a close() on the event loop nor a garbage
// collection runs them.
template <typename T>
[[nodiscard]] std::shared_ptr<T> ReleasedOnWorker(std::unique_ptr<T> object) {
  return {object.release(), [](T* released) {
            // A job that drops the last reference has then waited for the release.
            if (ThreadPool::OnWorker()) {
              delete released;
              return;
            }
            try {
              ThreadPool::Shared().Post([released] { delete released; });
            } catch (const std::exception&) {
              delete released;  // no memory or thread to do it elsewhere
            }
          }};
}

template <typename T, typename... Arguments>
[[nodiscard]] std::shared_ptr<T> MakeReleasedOnWorker(Arguments&&... arguments) {
  return ReleasedOnWorker(std::make_unique<T>(std::forward<Arguments>(arguments)...));
}

}  // namespace schannel
