/*
 * Starts the rig's own wine64 or wineserver with the rig's own C library, from wherever the rig
 * lies.
 *
 * Installed (static) as RIG/usr/lib/x86_64-linux-gnu/{wine64,wineserver}. Wine derives every
 * directory from /proc/self/exe, which under `ld.so program` is ld.so; so these two names must lie
 * beside it. Wine itself runs wine64 again for each Windows process, hence nothing here may depend
 * on a caller.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kFixedArguments = 8 };

static void SetPath(const char* name, const char* directory, const char* relative) {
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", directory, relative);
  setenv(name, path, 1);
}

int main(int argc, char** argv) {
  char directory[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", directory, sizeof directory - 1);
  if (length <= 0) return 127;
  directory[length] = 0;
  char* slash = strrchr(directory, '/');
  const char* name = slash + 1;
  const int is_server = strcmp(name, "wineserver") == 0;

  char loader[PATH_MAX + 64], program[PATH_MAX + 64], self[PATH_MAX + 64];
  snprintf(self, sizeof self, "%s", directory);
  *slash = 0;
  snprintf(loader, sizeof loader, "%s/ld-linux-x86-64.so.2", directory);
  snprintf(program, sizeof program, "%s/../wine/%s", directory,
           is_server ? "wineserver64" : "wine64");

  /* Without these two the host's fonts and locales decide whether Wine starts at all. */
  SetPath("FONTCONFIG_FILE", directory, "../../../etc/rig-fonts.conf");
  SetPath("LOCPATH", directory, "../../lib/locale");

  const char** arguments = calloc((size_t)argc + kFixedArguments, sizeof *arguments);
  if (!arguments) return 127;
  int count = 0;
  arguments[count++] = loader;
  arguments[count++] = "--library-path";
  arguments[count++] = directory;
  /* By the loader's own option, because LD_PRELOAD would reach every other program too. */
  const char* shim = getenv("SCHANNEL_RIG_SHIM");
  if (!is_server && shim && access(shim, R_OK) == 0) {
    arguments[count++] = "--preload";
    arguments[count++] = shim;
  }
  arguments[count++] = "--argv0";
  arguments[count++] = self;
  arguments[count++] = program;
  for (int i = 1; i < argc; i++) arguments[count++] = argv[i];
  execv(loader, (char**)arguments);
  perror(loader);
  return 127;
}
