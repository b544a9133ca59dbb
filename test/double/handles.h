// What the handles of SSPI stand for, and which calls on a context are under way.
#pragma once

#include <map>

#include "double/context.h"

namespace schannel_double {

template <typename T>
class Handles {
 public:
  SecHandle Add(std::shared_ptr<T> object) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const ULONG_PTR key = ++last_;
    objects_[key] = std::move(object);
    return {key, key ^ 0x5A5A};
  }
  std::shared_ptr<T> Find(const SecHandle* handle) {
    if (handle == nullptr) return nullptr;
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = objects_.find(handle->dwLower);
    if (found == objects_.end() || handle->dwUpper != (handle->dwLower ^ 0x5A5A)) return nullptr;
    return found->second;
  }
  bool Empty() {
    const std::lock_guard<std::mutex> guard(mutex_);
    return objects_.empty();
  }
  std::shared_ptr<T> Take(const SecHandle* handle) {
    const auto object = Find(handle);
    if (object == nullptr) return nullptr;
    const std::lock_guard<std::mutex> guard(mutex_);
    objects_.erase(handle->dwLower);
    return object;
  }

 private:
  std::mutex mutex_;
  ULONG_PTR last_ = 0x1000;
  std::map<ULONG_PTR, std::shared_ptr<T>> objects_;
};

inline Handles<DoubleCredential> credentials;
inline Handles<DoubleContext> contexts;

// Marks a context as in use by one kind of call, and checks that no call runs that this one
// excludes. [calls 1] [calls 2]
class Use {
 public:
  Use(std::atomic<int>& mine, std::initializer_list<const std::atomic<int>*> others) : mine_(mine) {
    bool met = mine_.fetch_add(1) != 0;
    for (const std::atomic<int>* other : others) met = met || other->load() != 0;
    if (met) Violate("two calls at once on one context that exclude each other [calls 1]");
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { --mine_; }

 private:
  std::atomic<int>& mine_;
};

inline Use Stepping(DoubleContext& context) {  // [calls 2]
  return Use(context.stepping, {&context.encrypting, &context.decrypting});
}

}  // namespace schannel_double
