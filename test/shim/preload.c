/*
 * The only door in: Wine looks up secur32's table of Unix calls, and secur32 every GnuTLS function,
 * by dlsym with the library's handle. Such a look-up passes by preloaded symbols of the same name,
 * but not by dlsym.
 */
#define _GNU_SOURCE
#include "gnutls.h"
#include "shim.h"
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

void* RealSymbol(void* library, const char* name) {
  static void* (*real)(void*, const char*);
  /* dlsym cannot be asked for itself; its version is that of the x86-64 port's first release. */
  if (!real) *(void**)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  return real(library, name);
}

static int IsFile(void* library, const char* name) {
  struct link_map* map = NULL;
  if (library == RTLD_DEFAULT || library == RTLD_NEXT) return 0;
  return dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map->l_name && strstr(map->l_name, name);
}

EXPORTED void* dlsym(void* library, const char* name);

EXPORTED void* dlsym(void* library, const char* name) {
  void* symbol = RealSymbol(library, name);
  const char* modes = Setting("SCHANRIG");
  if (!symbol || (modes && strcmp(modes, "none") == 0)) return symbol;
  if (strcmp(name, "__wine_unix_call_funcs") == 0 && IsFile(library, "/secur32.so")) {
    return WrapUnixCalls(symbol);
  }
  if (strcmp(name, "__wine_unix_call_wow64_funcs") == 0 && IsFile(library, "/secur32.so")) {
    return WrapUnixCalls32(symbol, RealSymbol(library, "__wine_unix_call_funcs"));
  }
  if (strncmp(name, "gnutls_", 7) == 0 && IsFile(library, "/libgnutls.so")) {
    LoadGnutls(library);
    void* hook = GnutlsHook(name);
    return hook ? hook : symbol;
  }
  return symbol;
}
