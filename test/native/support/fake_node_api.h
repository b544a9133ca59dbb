// As much of Node-API as errors and jobs take, exported by the test program as node.exe exports the
// whole. A call that can fail meets the faults of support/faults.h.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace test {

struct FakeValue {
  std::string text;
  double number = 0;
  std::map<std::string, FakeValue*> properties;
};

// Functions of Node-API have an environment, and here there is one for all.
struct FakeNode {
  std::vector<std::unique_ptr<FakeValue>> values;
  int references = 0;
  int contexts = 0;               // of asynchronous calls
  int hooks = 0;                  // for the end of the environment
  int functions = 0;              // that are thread-safe
  FakeValue* pending = nullptr;   // the exception that JavaScript would see
  std::vector<FakeValue*> calls;  // what callbacks were called with
};

extern FakeNode fake_node;

// Lets the thread-safe function call once: waits for a thread to ask for it.
void WakeOnce();
// How often threads have asked for it and it did not call yet.
[[nodiscard]] size_t Wakes();

}  // namespace test
