/*
 * crash.dll: loaded by launch.exe into the program it starts, before that program's first
 * instruction.
 *
 * Notes where each fault happened. node.exe asks Windows to show no error box, so that a crash in
 * native code is silent; and an unhandled-exception filter would not do, since the C runtime
 * replaces it when the program starts. A vectored handler sees faults that are about to be handled
 * as well, so launch.exe believes the note only if the program's exit code is the fault's code.
 */
#include "fault.h"
#include <stdio.h>

enum { kReportTimeoutMs = 3000 };

static struct Fault* fault;
static HANDLE fault_happened, fault_noted;
static CONTEXT fault_context;
static LONG reporting;

static int IsFatal(DWORD code) {
  switch (code) {
    case EXCEPTION_ACCESS_VIOLATION:
    case EXCEPTION_IN_PAGE_ERROR:
    case EXCEPTION_ILLEGAL_INSTRUCTION:
    case EXCEPTION_PRIV_INSTRUCTION:
    case EXCEPTION_INT_DIVIDE_BY_ZERO:
    case EXCEPTION_STACK_OVERFLOW:
    case EXCEPTION_BREAKPOINT:
      return 1;
    default:
      return 0;
  }
}

static void NoteFrame(struct Frame* frame, DWORD64 address) {
  HMODULE module = NULL;
  const DWORD flags =
      GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  frame->module[0] = 0;
  frame->offset = address;
  if (address == 0) return; /* would name the program */
  if (!GetModuleHandleExW(flags, (const wchar_t*)address, &module)) return;
  frame->offset = address - (DWORD64)module;
  GetModuleFileNameW(module, frame->module, kMaxModulePath);
}

static int Readable(DWORD64 address, SIZE_T length) {
  MEMORY_BASIC_INFORMATION info;
  if (VirtualQuery((const void*)address, &info, sizeof info) == 0) return 0;
  const DWORD no_access = PAGE_NOACCESS | PAGE_GUARD;
  return info.State == MEM_COMMIT && !(info.Protect & no_access) &&
         address + length <= (DWORD64)info.BaseAddress + info.RegionSize;
}

/* One step towards the caller. Code without unwind data (JIT, or a jump through a null pointer) is
 * taken for a leaf: its return address is on top of the stack. */
static int Unwind(CONTEXT* context) {
  DWORD64 base = 0;
  PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
  if (!Readable(context->Rsp, sizeof(DWORD64))) return 0;
  if (!function) {
    context->Rip = *(const DWORD64*)context->Rsp;
    context->Rsp += sizeof(DWORD64);
  } else {
    void* handler_data = NULL;
    DWORD64 establisher = 0;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &handler_data,
                     &establisher, NULL);
  }
  return context->Rip != 0;
}

/* Runs on a thread of its own: after a stack overflow the faulting one has little room left. */
static DWORD WINAPI Report(void* unused) {
  (void)unused;
  for (;;) {
    WaitForSingleObject(fault_happened, INFINITE);
    fault->frames = 0;
    do NoteFrame(&fault->frame[fault->frames++], fault_context.Rip);
    while (fault->frames < kMaxFrames && Unwind(&fault_context));
    SetEvent(fault_noted);
  }
}

static LONG CALLBACK OnException(EXCEPTION_POINTERS* pointers) {
  const EXCEPTION_RECORD* record = pointers->ExceptionRecord;
  if (!IsFatal(record->ExceptionCode)) return EXCEPTION_CONTINUE_SEARCH;
  if (InterlockedExchange(&reporting, 1)) return EXCEPTION_CONTINUE_SEARCH;
  fault_context = *pointers->ContextRecord;
  fault->code = record->ExceptionCode;
  fault->access = 0;
  fault->target = 0;
  fault->frames = 0;
  if (record->NumberParameters >= 2) {
    fault->access = (DWORD)record->ExceptionInformation[0];
    fault->target = record->ExceptionInformation[1];
  }
  SetEvent(fault_happened);
  WaitForSingleObject(fault_noted, kReportTimeoutMs);
  InterlockedExchange(&reporting, 0);
  return EXCEPTION_CONTINUE_SEARCH;
}

static void Install(void) {
  wchar_t name[64];
  swprintf(name, sizeof name / sizeof *name, FAULT_SECTION, GetCurrentProcessId());
  HANDLE section = OpenFileMappingW(FILE_MAP_WRITE, FALSE, name);
  if (!section) return;
  fault = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof *fault);
  CloseHandle(section);
  fault_happened = CreateEventW(NULL, FALSE, FALSE, NULL);
  fault_noted = CreateEventW(NULL, FALSE, FALSE, NULL);
  HANDLE thread = CreateThread(NULL, 0, Report, NULL, 0, NULL);
  if (!fault || !fault_happened || !fault_noted || !thread) return;
  CloseHandle(thread);
  AddVectoredExceptionHandler(0, OnException); /* last: V8 handles WebAssembly traps before us */
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void* reserved) {
  (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  DisableThreadLibraryCalls(self);
  /* Also keeps Wine from starting its debugger; a program does not inherit this mode there. */
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  Install();
  return TRUE;
}
