/*
 * start PARENT-PID WINE64 ARGUMENTS...
 *
 * Runs a Windows program so that it ends with the process that asked for it and so that Wine's
 * services, which the first program of a session starts, never hold that program's standard streams
 * open. WINEPREFIX and WINESERVER come from the environment.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kCannotStart = 127 };

/* A wineserver holds a lock on the file `lock` of its directory, whose name Debian's Wine derives
 * from the prefix: /tmp/<content of PREFIX/wineserver>/server-<device>-<inode>. */
static int ServerRuns(const char* prefix) {
  char path[PATH_MAX], folder[64] = "";
  snprintf(path, sizeof path, "%s/wineserver", prefix);
  const int name = open(path, O_RDONLY | O_CLOEXEC);
  if (name < 0) return 0;
  const ssize_t length = read(name, folder, sizeof folder - 1);
  close(name);
  struct stat info;
  if (length <= 0 || stat(prefix, &info) != 0) return 0;
  folder[strcspn(folder, "\r\n")] = 0;
  snprintf(path, sizeof path, "/tmp/%s/server-%lx-%lx/lock", folder, (unsigned long)info.st_dev,
           (unsigned long)info.st_ino);
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return 0;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  const int held = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  close(file);
  return held;
}

static void RunDetached(char* const arguments[]) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, 0);
    setsid();
    const int null = open("/dev/null", O_RDWR);
    for (int stream = 0; stream <= 2; stream++) dup2(null, stream);
    execv(arguments[0], arguments);
    _exit(kCannotStart);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0) continue;
}

/* One starter at a time: a second one must not take the server for ready while its services start.
 */
static void EnsureServer(const char* prefix, char* server, char* wine) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/.starting", prefix);
  const int turn = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (turn >= 0) flock(turn, LOCK_EX);
  if (!ServerRuns(prefix)) {
    /* Stays for a minute after the last program: long enough to be warm for the next one. */
    RunDetached((char*[]){server, "-p60", NULL});
    RunDetached((char*[]){wine, "hostname.exe", NULL});
  }
  if (turn >= 0) close(turn);
}

int main(int argc, char** argv) {
  char *prefix = getenv("WINEPREFIX"), *server = getenv("WINESERVER");
  if (argc < 4 || !prefix || !server) {
    fputs("usage: WINEPREFIX=... WINESERVER=... start PARENT-PID WINE64 PROGRAM ARGUMENTS...\n",
          stderr);
    return kCannotStart;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != atoi(argv[1])) return kCannotStart; /* the parent ended before prctl */
  EnsureServer(prefix, server, argv[2]);
  execv(argv[2], argv + 2);
  perror(argv[2]);
  return kCannotStart;
}
