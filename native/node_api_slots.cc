// Binds Node-API to whichever program loaded us, without an import library or a delay-load hook.
//
// A call of a dllimport function is compiled as a call through a pointer named __imp_<function>. As
// a rule an import library supplies these pointers and the loader fills them from "node.exe". Here
// they are defined by hand and filled from the host process, so that electron.exe or any renamed
// copy of Node works. Like the loader's own pointers they are read-only afterwards: calls through
// them are not checked by Control Flow Guard.
#include "node_api_slots.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <iterator>

// A section has separate pages.
#if defined(_MSC_VER)
#pragma section(".napi", read, write)
#define SCHANNEL_SLOT_SECTION __declspec(allocate(".napi"))
#else
#define SCHANNEL_SLOT_SECTION __attribute__((section(".napi")))
#endif

extern "C" {
#define X(name) SCHANNEL_SLOT_SECTION FARPROC SCHANNEL_SLOT(name) = nullptr;
#include "node_api_list.inc"
#undef X
}

namespace schannel {
namespace {

// Stands in for a function that this host is too old to have. Its callers expect results that it
// cannot know how to give.
INT_PTR WINAPI MissingFunction() { std::abort(); }

struct Slot {
  const char* name;
  FARPROC* pointer;
};

const Slot kSlots[] = {
#define X(name) {#name, &SCHANNEL_SLOT(name)},
#include "node_api_list.inc"
#undef X
};

// Some hosts keep Node in a separate DLL.
HMODULE FindHost() {
  for (const wchar_t* name : {L"libnode.dll", L"node.dll", L"nw.dll"}) {
    const HMODULE module = GetModuleHandleW(name);
    if (module != nullptr && GetProcAddress(module, "napi_create_object") != nullptr) return module;
  }
  return GetModuleHandleW(nullptr);
}

const char* missing = nullptr;

void Bind() noexcept {
  const HMODULE host = FindHost();
  for (const Slot& slot : kSlots) {
    const FARPROC function = GetProcAddress(host, slot.name);
    if (function == nullptr) missing = slot.name;
    *slot.pointer = function != nullptr ? function : &MissingFunction;
  }
}

// A failure leaves them as they were made, to be written.
void MakeReadOnly() noexcept {
  const auto [first, last] =
      std::minmax_element(std::begin(kSlots), std::end(kSlots),
                          [](const Slot& a, const Slot& b) { return a.pointer < b.pointer; });
  const auto size = static_cast<SIZE_T>(reinterpret_cast<BYTE*>(last->pointer + 1) -
                                        reinterpret_cast<BYTE*>(first->pointer));
  DWORD before = 0;
  VirtualProtect(first->pointer, size, PAGE_READONLY, &before);
}

// A static initialiser: runs while the DLL is loaded, before the host calls into it.
struct Binder {
  Binder() noexcept {
    Bind();
    MakeReadOnly();
  }
} binder;

}  // namespace

const char* MissingNodeApi() noexcept { return missing; }

}  // namespace schannel
