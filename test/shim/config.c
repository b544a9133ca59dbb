/* Settings: re-read at every decision, so that a running program can change them by its
 * SCHANRIG_FILE. */
#include "shim.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kLongestLine = 600 };

/* The value in a line `name=value`, NULL if it is another's. */
static char* ValueIn(char* line, const char* name) {
  const size_t length = strlen(name);
  if (strncmp(line, name, length) != 0 || line[length] != '=') return NULL;
  line[strcspn(line, "\r\n")] = 0;
  return line + length + 1;
}

static const char* FromFile(const char* path, const char* name) {
  static __thread char line[kLongestLine];
  FILE* file = fopen(path, "r");
  char* value = NULL;
  while (file && !value && fgets(line, sizeof line, file)) value = ValueIn(line, name);
  if (file) fclose(file);
  return value;
}

const char* Setting(const char* name) {
  const char* file = getenv("SCHANRIG_FILE");
  const char* value = file ? FromFile(file, name) : NULL;
  if (!value) value = getenv(name);
  return value && value[0] ? value : NULL;
}

int ModeIsOn(const char* mode) {
  const char* modes = Setting("SCHANRIG");
  if (!modes) return 1;
  const size_t length = strlen(mode);
  for (const char* at = modes; at; at = strchr(at, ',')) {
    if (*at == ',') at++;
    if (strncmp(at, mode, length) == 0 && (at[length] == 0 || at[length] == ',')) return 1;
  }
  return 0;
}

void Note(const char* format, ...) {
  const char* path = getenv("SCHANRIG_LOG");
  FILE* log = path ? fopen(path, "a") : NULL;
  if (!log) return;
  va_list arguments;
  va_start(arguments, format);
  fprintf(log, "[%d] ", (int)getpid());
  vfprintf(log, format, arguments);
  fputc('\n', log);
  va_end(arguments);
  fclose(log);
}
