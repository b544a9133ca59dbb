// Tasks for the end of an object.
#pragma once

#include "platform/win.h"

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "platform/lock.h"

namespace schannel {

// As the first member of a class: runs its tasks when all other members are gone. Tasks do not
// throw.
class AtEnd {
 public:
  AtEnd() = default;
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;
  ~AtEnd() {
    for (const auto& task : tasks_) task();
  }

  void Add(std::function<void()> task) {
    const std::lock_guard<Lock> guard(lock_);
    tasks_.push_back(std::move(task));
  }

 private:
  Lock lock_;
  std::vector<std::function<void()>> tasks_;
};

}  // namespace schannel
