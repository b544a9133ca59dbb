/* Fails in the way its argument names: what the rig's tests of crash reports run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static __attribute__((noinline)) void WriteThrough(volatile int* address) { *address = 1; }

static __attribute__((noinline)) int Recurse(volatile int depth) {
  volatile char frame[1024];
  frame[0] = (char)depth;
  if (depth < 0) return 0;
  return Recurse(depth + 1) + frame[0];
}

static LONG CALLBACK StepOver(EXCEPTION_POINTERS* pointers) {
  const DWORD ud2_length = 2;
  pointers->ContextRecord->Rip += ud2_length;
  return EXCEPTION_CONTINUE_EXECUTION;
}

int main(int argc, char** argv) {
  const char* way = argc > 1 ? argv[1] : "";
  printf("before the fault\n");
  fflush(stdout);
  if (strcmp(way, "write") == 0) WriteThrough((int*)(size_t)(argc - 2));
  if (strcmp(way, "call") == 0) ((void (*)(void))(size_t)(argc - 2))();
  if (strcmp(way, "overflow") == 0) return Recurse(0);
  if (strcmp(way, "illegal") == 0) __asm__ volatile("ud2");
  if (strcmp(way, "fail-fast") == 0) __asm__ volatile("int $0x29" : : "c"(7));
  if (strcmp(way, "handled") == 0) {
    AddVectoredExceptionHandler(1, StepOver);
    __asm__ volatile("ud2");
  }
  return 5;
}
