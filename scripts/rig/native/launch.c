/*
 * launch.exe JOB CRASH-DLL : runs one Windows program as a Unix caller expects it to run.
 *
 * JOB is a file in UTF-16LE of zero-terminated strings: the report's path, the command line, then
 * the environment: NAME=value sets, NAME alone removes. It is deleted once read, as it may hold
 * secrets.
 *
 * - libuv refuses Unix pipes as standard streams, so the program gets Windows pipes, relayed to
 * ours.
 * - Wine cuts exit codes to eight bits, so the report tells the whole one, and the place of a
 * crash.
 * - Wine hands on its own Unix environment, so the caller's variables come by the job.
 * - The program and all it starts live in a job object that ends with us.
 */
#include "fault.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kCannotStart = 126, kPipeBytes = 65536, kDrainTimeoutMs = 10000, kOrphanTimeoutMs = 2000 };

struct Relay {
  HANDLE from, to;
};

static HANDLE program;

static wchar_t* ReadJob(const wchar_t* path) {
  HANDLE file = CreateFileW(path, GENERIC_READ | DELETE, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                            FILE_FLAG_DELETE_ON_CLOSE, NULL);
  if (file == INVALID_HANDLE_VALUE) return NULL;
  const DWORD size = GetFileSize(file, NULL);
  wchar_t* text =
      calloc(size / sizeof(wchar_t) + 2, sizeof(wchar_t)); /* ends with an empty string */
  DWORD got = 0;
  if (text && !ReadFile(file, text, size, &got, NULL)) text[0] = 0;
  CloseHandle(file);
  return text;
}

static wchar_t* NextString(wchar_t* text) { return text + wcslen(text) + 1; }

static void ApplyEnvironment(wchar_t* entry) {
  while (*entry) {
    wchar_t* next = NextString(entry);
    wchar_t* equals = wcschr(entry, L'=');
    if (equals) *equals = 0;
    SetEnvironmentVariableW(entry, equals ? equals + 1 : NULL);
    entry = next;
  }
}

static DWORD WINAPI Pump(void* argument) {
  const struct Relay* relay = argument;
  char bytes[kPipeBytes];
  DWORD got = 0;
  while (ReadFile(relay->from, bytes, sizeof bytes, &got, NULL) && got > 0) {
    DWORD written = 0;
    for (DWORD done = 0; done < got; done += written) {
      if (!WriteFile(relay->to, bytes + done, got - done, &written, NULL) || written == 0)
        goto closed;
    }
  }
closed:
  CloseHandle(relay->from);
  CloseHandle(relay->to);
  return 0;
}

static BOOL Has32Bits(HANDLE process) {
  BOOL answer = FALSE;
  return IsWow64Process(process, &answer) && answer;
}

/* Wine turns SIGINT into Ctrl+C for the process that got it; there is no console that would tell
 * the program, so its own control routine is run, which is what a console does. */
static BOOL WINAPI ForwardControl(DWORD event) {
  FARPROC routine = GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CtrlRoutine");
  if (!program || !routine || Has32Bits(program)) return TRUE;
  LPTHREAD_START_ROUTINE start = (LPTHREAD_START_ROUTINE)(void*)routine;
  HANDLE thread = CreateRemoteThread(program, NULL, 0, start, (void*)(ULONG_PTR)event, 0, NULL);
  if (thread) CloseHandle(thread);
  return TRUE;
}

static struct Fault* ShareFault(DWORD process_id) {
  wchar_t name[64];
  swprintf(name, sizeof name / sizeof *name, FAULT_SECTION, process_id);
  HANDLE section =
      CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(struct Fault), name);
  return section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, sizeof(struct Fault)) : NULL;
}

/* Queued to a thread that has not started yet, the call runs before the program's first
 * instruction. */
static void LoadIntoProgram(const PROCESS_INFORMATION* info, const wchar_t* library) {
  if (Has32Bits(info->hProcess)) return; /* the library has 64 */
  const SIZE_T size = (wcslen(library) + 1) * sizeof(wchar_t);
  void* remote =
      VirtualAllocEx(info->hProcess, NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
  if (!remote || !WriteProcessMemory(info->hProcess, remote, library, size, NULL)) return;
  FARPROC load = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "LoadLibraryW");
  QueueUserAPC((PAPCFUNC)(void*)load, info->hThread, (ULONG_PTR)remote);
}

static void Say(FILE* report, const wchar_t* format, ...) {
  wchar_t line[1024];
  char utf8[3072];
  va_list arguments;
  va_start(arguments, format);
  vswprintf(line, sizeof line / sizeof *line, format, arguments);
  va_end(arguments);
  WideCharToMultiByte(CP_UTF8, 0, line, -1, utf8, sizeof utf8, NULL, NULL);
  fputs(utf8, report);
}

static void WriteReport(const wchar_t* path, DWORD code, const struct Fault* fault) {
  FILE* report = _wfopen(path, L"wb");
  if (!report) return;
  Say(report, L"exit %lu\n", code);
  if (fault && fault->code != 0 && fault->code == code) {
    Say(report, L"fault %lx %lu %I64x\n", fault->code, fault->access, fault->target);
    for (DWORD i = 0; i < fault->frames; i++) {
      Say(report, L"frame %I64x %ls\n", fault->frame[i].offset, fault->frame[i].module);
    }
  }
  fclose(report);
}

static int Fail(const wchar_t* path, const char* call) {
  const DWORD error = GetLastError();
  FILE* report = _wfopen(path, L"wb");
  if (report) {
    fprintf(report, "failed %lu %s\n", error, call);
    fclose(report);
  }
  return kCannotStart;
}

/* Everything that belongs to one run ends when the only handle of this job object does: with us. */
static HANDLE MakeJob(void) {
  HANDLE job = CreateJobObjectW(NULL, NULL);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  memset(&limits, 0, sizeof limits);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  return job;
}

/* Wine ends only the thread if a stack overflow leaves no room for the exception. A program whose
 * first thread is gone waits for ever then. */
static DWORD WaitForProgram(const PROCESS_INFORMATION* info) {
  const HANDLE either[2] = {info->hProcess, info->hThread};
  const DWORD ended = WaitForMultipleObjects(2, either, FALSE, INFINITE);
  if (ended != WAIT_OBJECT_0 && WaitForSingleObject(info->hProcess, kOrphanTimeoutMs) != 0) {
    TerminateProcess(info->hProcess, (UINT)STATUS_STACK_OVERFLOW);
    WaitForSingleObject(info->hProcess, INFINITE);
  }
  DWORD code = kCannotStart;
  GetExitCodeProcess(info->hProcess, &code);
  return code;
}

static HANDLE StartRelay(struct Relay* relay) {
  return CreateThread(NULL, 0, Pump, relay, 0, NULL);
}

int wmain(int argc, wchar_t** argv) {
  if (argc != 3) return kCannotStart;
  wchar_t* report = ReadJob(argv[1]);
  if (!report) return kCannotStart;
  wchar_t* command = NextString(report);
  ApplyEnvironment(NextString(command));

  SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
  HANDLE read[3], write[3];
  for (int i = 0; i < 3; i++) {
    if (!CreatePipe(&read[i], &write[i], &inherit, kPipeBytes)) return Fail(report, "CreatePipe");
    SetHandleInformation(i == 0 ? write[i] : read[i], HANDLE_FLAG_INHERIT, 0);
  }
  STARTUPINFOW startup;
  PROCESS_INFORMATION info;
  memset(&startup, 0, sizeof startup);
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = read[0];
  startup.hStdOutput = write[1];
  startup.hStdError = write[2];
  HANDLE job = MakeJob();
  SetConsoleCtrlHandler(ForwardControl, TRUE);
  if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup,
                      &info)) {
    return Fail(report, "CreateProcess");
  }
  AssignProcessToJobObject(job, info.hProcess);
  const struct Fault* fault = ShareFault(info.dwProcessId);
  if (fault) LoadIntoProgram(&info, argv[2]);
  program = info.hProcess;
  ResumeThread(info.hThread);
  CloseHandle(read[0]);
  CloseHandle(write[1]);
  CloseHandle(write[2]);

  struct Relay input = {GetStdHandle(STD_INPUT_HANDLE), write[0]};
  struct Relay output = {read[1], GetStdHandle(STD_OUTPUT_HANDLE)};
  struct Relay error = {read[2], GetStdHandle(STD_ERROR_HANDLE)};
  StartRelay(&input);
  HANDLE outputs[2] = {StartRelay(&output), StartRelay(&error)};
  const DWORD code = WaitForProgram(&info);
  TerminateJobObject(job, code); /* whoever still holds the pipes was started by the program */
  WaitForMultipleObjects(2, outputs, TRUE, kDrainTimeoutMs);
  WriteReport(report, code, fault);
  ExitProcess(code);
}
