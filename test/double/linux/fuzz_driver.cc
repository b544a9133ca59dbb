// Runs a fuzz target with pseudo-random inputs, the same ones on each machine.
// With clang's -fsanitize=fuzzer and without this file, libFuzzer chooses the inputs.
//
//   fuzz_… [inputs] [first]
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <sanitizer/common_interface_defs.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kLongest = 400;

unsigned long current = 0;

// What to repeat: "fuzz_… 1 N".
void Report() { std::fprintf(stderr, "input %lu\n", current); }

}  // namespace

int main(int count, char** arguments) {
  const unsigned long inputs = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 300;
  const unsigned long first = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
  __sanitizer_set_death_callback(&Report);
  std::signal(SIGABRT, [](int) { Report(); });
  for (current = first; current < first + inputs; ++current) {
    std::mt19937_64 random(current);
    std::vector<uint8_t> input(random() % kLongest);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("ok survives %lu inputs\n1 passed, 0 failed, 0 skipped\n", inputs);
  return 0;
}
