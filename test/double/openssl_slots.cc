// Finds OpenSSL in the program that has loaded the add-on, under whatever name that program runs.
//
// The functions of openssl_functions.txt are defined here. Each one jumps to where its slot points,
// and the slots are filled from the program's exports while the add-on is loaded. An import library
// would bind to the name "node.exe" instead.
#include "platform/win.h"

#include "double/openssl_slots.h"

#include <cstdlib>

#define SLOT(name) schannel_double_##name

extern "C" {
#define X(name) FARPROC SLOT(name) = nullptr;
#include "openssl_list.inc"
#undef X
}

#define X(name)                                                                       \
  __asm__(".text\n.globl " #name "\n.def " #name "; .scl 2; .type 32; .endef\n" #name \
          ":\n\tjmp *schannel_double_" #name "(%rip)\n");
#include "openssl_list.inc"
#undef X

namespace schannel_double {
namespace {

INT_PTR WINAPI MissingFunction() { std::abort(); }

struct Slot {
  const char* name;
  FARPROC* pointer;
};

const Slot kSlots[] = {
#define X(name) {#name, &SLOT(name)},
#include "openssl_list.inc"
#undef X
};

// Fills the slots. The first function that is not there, or null.
const char* Bind() noexcept {
  const HMODULE program = GetModuleHandleW(nullptr);
  const char* missing = nullptr;
  for (const Slot& slot : kSlots) {
    const FARPROC function = GetProcAddress(program, slot.name);
    if (function == nullptr && missing == nullptr) missing = slot.name;
    *slot.pointer = function != nullptr ? function : &MissingFunction;
  }
  return missing;
}

const char* const missing = Bind();

}  // namespace

const char* MissingOpenSsl() noexcept { return missing; }

}  // namespace schannel_double
