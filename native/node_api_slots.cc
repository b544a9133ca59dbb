// Binds Node-API to whichever program loaded us, without an import library or a delay-load hook.
//
// A call of a dllimport function is compiled as a call through a pointer named __imp_<function>. As
// a rule an import library supplies these pointers and the loader fills them from "node.exe". Here
// they are defined by hand and filled from the host process, so that electron.exe or any renamed
// copy of Node will do.
#include "platform/win.h"

#include <initializer_list>

#if defined(_M_IX86) || defined(__i386__)
#define SCHANNEL_SLOT(name) _imp__##name  // the compiler puts one more underscore in front
#else
#define SCHANNEL_SLOT(name) __imp_##name
#endif

extern "C" {
#define X(name) FARPROC SCHANNEL_SLOT(name);
#include "node_api_list.inc"
#undef X
}

namespace {

// Stands in for a function that this host is too old to have.
INT_PTR WINAPI MissingFunction() {
  return 9;  // napi_generic_failure
}

struct Slot {
  const char* name;
  FARPROC* pointer;
};

const Slot kSlots[] = {
#define X(name) {#name, &SCHANNEL_SLOT(name)},
#include "node_api_list.inc"
#undef X
};

// Some hosts keep Node in a DLL of its own.
HMODULE FindHost() {
  for (const wchar_t* name : {L"libnode.dll", L"node.dll", L"nw.dll"}) {
    const HMODULE module = GetModuleHandleW(name);
    if (module != nullptr && GetProcAddress(module, "napi_create_object") != nullptr) return module;
  }
  return GetModuleHandleW(nullptr);
}

// A static initialiser: runs while the DLL is loaded, before the host calls into it.
struct Binder {
  Binder() {
    const HMODULE host = FindHost();
    for (const Slot& slot : kSlots) {
      const FARPROC function = GetProcAddress(host, slot.name);
      *slot.pointer = function != nullptr ? function : &MissingFunction;
    }
  }
} binder;

}  // namespace
