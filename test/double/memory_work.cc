// Counts what the add-on copies and allocates. The linker turns each of its calls of memcpy() and
// memmove() into one of these functions (CMakeLists.txt), and operator new replaces the standard
// library's.
#include "platform/win.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "double/work.h"

namespace {

// A compiler may copy less than this without a call.
constexpr size_t kSmallestCopy = 64;

void CountCopy(size_t size) noexcept {
  if (size >= kSmallestCopy && schannel_double::IsOutside()) {
    schannel_double::TheWork().copied += size;
  }
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): the linker's names
extern "C" {
void* __real_memcpy(void* to, const void* from, size_t size);
void* __real_memmove(void* to, const void* from, size_t size);

void* __wrap_memcpy(void* to, const void* from, size_t size);
void* __wrap_memmove(void* to, const void* from, size_t size);

void* __wrap_memcpy(void* to, const void* from, size_t size) {
  CountCopy(size);
  return __real_memcpy(to, from, size);
}
void* __wrap_memmove(void* to, const void* from, size_t size) {
  CountCopy(size);
  return __real_memmove(to, from, size);
}
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

void* operator new(size_t size) {
  if (schannel_double::IsOutside()) {
    ++schannel_double::TheWork().allocations;
    schannel_double::TheWork().allocated += size;
    if (schannel_double::MustFail()) throw std::bad_alloc();
  }
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
