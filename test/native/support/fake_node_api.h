// As much of Node-API as an error takes, exported by the test program as node.exe exports the
// whole.
#pragma once

#include <map>
#include <memory>
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
  FakeValue* pending = nullptr;  // the exception that JavaScript would see
};

extern FakeNode fake_node;

}  // namespace test
