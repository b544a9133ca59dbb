/* What crash.dll, inside a program, tells launch.exe about the last fault it saw: a named section
 * that outlives the program. Its name is kFaultSection followed by the program's process id in
 * decimal. */
#ifndef SCHANNEL_RIG_FAULT_H_
#define SCHANNEL_RIG_FAULT_H_

#include <windows.h>

#define FAULT_SECTION L"Local\\schannel-rig-fault-%lu"

enum { kMaxFrames = 48, kMaxModulePath = 260 };

struct Frame {
  DWORD64 offset; /* from the module's base, or the address itself when module is empty */
  wchar_t module[kMaxModulePath];
};

struct Fault {
  DWORD code;     /* exception code; 0: none yet */
  DWORD access;   /* access violation: 0 read, 1 write, 8 execute */
  DWORD64 target; /* access violation: the address that could not be accessed */
  DWORD frames;
  struct Frame frame[kMaxFrames];
};

#endif
