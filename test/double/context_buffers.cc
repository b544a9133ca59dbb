#include "double/context_buffers.h"

#include "double/world.h"

namespace schannel_double {
namespace {

// The add-on's pool has at most 16 threads, and each is in one step or query.
constexpr int kMost = 32;

std::atomic<int> held{0};

}  // namespace

void* AllocContextBuffer(size_t size) {
  ++held;
  return GuardedAlloc(size);
}

bool ReleaseContextBuffer(void* memory) {
  if (!GuardedFree(memory)) return false;
  --held;
  return true;
}

bool HoldsTooManyContextBuffers() { return held > kMost; }

}  // namespace schannel_double
