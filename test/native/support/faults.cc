#include "support/faults.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>

#include "support/harness.h"

namespace test {
namespace {

thread_local int own = 0;
std::atomic<size_t> left{0};  // faults up to the one that is met; 0: there is none
std::atomic<bool> met{false};
std::atomic<long> live{0};

// Before each block, in as much room as keeps it aligned.
struct Head {
  alignas(std::max_align_t) bool counted;
};

}  // namespace

OwnMemory::OwnMemory() noexcept { ++own; }
OwnMemory::~OwnMemory() { --own; }

bool MustFail() noexcept {
  if (own != 0) return false;
  size_t number = left.load();
  while (number != 0 && !left.compare_exchange_weak(number, number - 1)) {
  }
  if (number != 1) return false;
  met = true;
  return true;
}

void SetFault(size_t number) noexcept {
  met = false;
  left = number;
}

bool HasMetFault() noexcept { return met; }

long LiveBlocks() noexcept { return live; }

void CheckBlocks(size_t number, long before) {
  const OwnMemory memory;
  // A thread that has ended gives its own memory back a moment later.
  constexpr int kTries = 1000000;
  for (int left_tries = kTries; left_tries != 0 && LiveBlocks() != before; --left_tries) {
    std::this_thread::yield();
  }
  const std::string what = "blocks kept with fault " + std::to_string(number);
  CheckEqual(__FILE__, __LINE__, what.c_str(), LiveBlocks(), before);
}

}  // namespace test

void* operator new(size_t size) {
  if (test::MustFail()) throw std::bad_alloc();
  auto* const head = static_cast<test::Head*>(std::malloc(sizeof(test::Head) + size));
  if (head == nullptr) throw std::bad_alloc();
  head->counted = test::own == 0;
  if (head->counted) ++test::live;
  return head + 1;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* const head = static_cast<test::Head*>(memory) - 1;
  if (head->counted) --test::live;
  std::free(head);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
