// Objects whose handles are given back on a worker thread, wherever the last reference to them
// falls.
#pragma once

#include <memory>
#include <utility>

#include "worker/thread_pool.h"

namespace schannel {

// DeleteSecurityContext and FreeCredentialsHandle talk to LSASS and have been seen to wait for it,
// so neither a close() on the event loop nor a garbage collection runs them.
template <typename T, typename... Arguments>
[[nodiscard]] std::shared_ptr<T> MakeReleasedOnWorker(Arguments&&... arguments) {
  return {std::make_unique<T>(std::forward<Arguments>(arguments)...).release(), [](T* object) {
            try {
              ThreadPool::Shared().Post([object] { delete object; });
            } catch (const std::exception&) {
              delete object;  // no memory or thread to do it elsewhere
            }
          }};
}

}  // namespace schannel
