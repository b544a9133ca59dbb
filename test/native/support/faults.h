// Allocations and calls that fail on purpose, one at a time. A program that links faults.cc has its
// operator new.
#pragma once

#include "platform/win.h"

#include <cstddef>

namespace test {

// While one of these exists on a thread, what that thread allocates is the test's own: it is
// neither counted nor failed.
class OwnMemory {
 public:
  OwnMemory() noexcept;
  OwnMemory(const OwnMemory&) = delete;
  OwnMemory& operator=(const OwnMemory&) = delete;
  ~OwnMemory();
};

// For a call that a test scripts: whether it has to fail now. Calls are numbered together with
// allocations.
[[nodiscard]] bool MustFail() noexcept;

// The code under test meets one fault, number `number`, on whichever thread it comes. 0: none.
void SetFault(size_t number) noexcept;
[[nodiscard]] bool HasMetFault() noexcept;

// Blocks that the code under test has not given back.
[[nodiscard]] long LiveBlocks() noexcept;
void CheckBlocks(size_t number, long before);

// A function of a table that a test scripts. It meets faults, by `kRefusal`, and what it allocates
// is the test's own.
template <auto kFunction, auto kRefusal, typename = decltype(kFunction)>
struct Faulty;
template <auto kFunction, auto kRefusal, typename Result, typename... Arguments>
struct Faulty<kFunction, kRefusal, Result(WINAPI*)(Arguments...)> {
  static Result WINAPI Call(Arguments... arguments) {
    if (MustFail()) return kRefusal();
    const OwnMemory memory;
    return kFunction(arguments...);
  }
};

// One that never fails, such as those that free something.
template <auto kFunction, typename = decltype(kFunction)>
struct Sound;
template <auto kFunction, typename Result, typename... Arguments>
struct Sound<kFunction, Result(WINAPI*)(Arguments...)> {
  static Result WINAPI Call(Arguments... arguments) {
    const OwnMemory memory;
    return kFunction(arguments...);
  }
};

// Runs `body` with its first fault, then with its second, and so on until it meets none any more.
// Each time all memory has to be given back. `prepare` runs before, without faults. Returns how
// many faults there were.
template <typename Prepare, typename Body>
size_t WithEachFault(Prepare&& prepare, Body&& body) {
  for (size_t number = 1;; ++number) {
    prepare();
    const long before = LiveBlocks();
    SetFault(number);
    try {
      body();
    } catch (...) {
      SetFault(0);
      throw;
    }
    const bool met = HasMetFault();
    SetFault(0);
    CheckBlocks(number, before);
    if (!met) return number - 1;
  }
}

}  // namespace test
