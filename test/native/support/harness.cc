#include "support/harness.h"

#include <cstdio>
#include <vector>

namespace test {
namespace {

struct Case {
  const char* name;
  void (*body)();
};

// A function, so that registrations of other files find it made.
std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

struct Counts {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

void Run(const Case& test_case, Counts& counts) {
  try {
    test_case.body();
    std::printf("ok %s\n", test_case.name);
    ++counts.passed;
  } catch (const Skipped& skipped) {
    std::printf("skipped %s: %s\n", test_case.name, skipped.what());
    ++counts.skipped;
  } catch (const std::exception& error) {
    std::printf("not ok %s: %s\n", test_case.name, error.what());
    ++counts.failed;
  }
  std::fflush(stdout);  // a crash must not take the lines before it along
}

}  // namespace

Registration::Registration(const char* name, void (*body)()) { Cases().push_back({name, body}); }

}  // namespace test

int main() {
  test::Counts counts;
  for (const test::Case& test_case : test::Cases()) test::Run(test_case, counts);
  std::printf("%d passed, %d failed, %d skipped\n", counts.passed, counts.failed, counts.skipped);
  return counts.failed == 0 && counts.passed != 0 ? 0 : 1;
}
