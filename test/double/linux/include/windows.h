// Enough of Windows' base types for mingw-w64's sspi.h, schannel.h and wincrypt.h to be read on
// Linux. long has eight bytes here: all names are of fixed size. wchar_t has four, which nothing
// minds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <cwchar>

#include "_mingw.h"

typedef void VOID, *PVOID, *LPVOID, *HANDLE, *HMODULE, *HINSTANCE, *HWND, *HLOCAL;
typedef const void* LPCVOID;
typedef HANDLE* PHANDLE;
typedef int WINBOOL, BOOL, *PBOOL, *LPBOOL, INT, *PINT;
typedef unsigned UINT, *PUINT;
typedef unsigned char BYTE, *PBYTE, *LPBYTE, UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef char CHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *LPCSTR, *PCSTR;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT, WORD, *PWORD, *LPWORD;
typedef int32_t LONG, *PLONG, *LPLONG, HRESULT, NTSTATUS;
typedef uint32_t ULONG, *PULONG, DWORD, *PDWORD, *LPDWORD, ULONG32, DWORD32;
typedef int64_t LONGLONG, LONG64;
typedef uint64_t ULONGLONG, ULONG64, DWORD64, *PULONGLONG;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, DWORD_PTR, UINT_PTR;
typedef intptr_t LONG_PTR, INT_PTR;
typedef size_t SIZE_T;
typedef wchar_t WCHAR, *PWCHAR, *LPWSTR, *PWSTR, *LPWCH;
typedef const wchar_t *LPCWSTR, *PCWSTR;
typedef WCHAR TCHAR, *LPTSTR;
typedef LPCWSTR LPCTSTR;
typedef LONG_PTR (*FARPROC)();
typedef struct {
  DWORD dwLowDateTime, dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;
typedef struct {
  WORD wYear, wMonth, wDayOfWeek, wDay, wHour, wMinute, wSecond, wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME;
typedef struct {
  DWORD LowPart;
  LONG HighPart;
} LUID, *PLUID;
typedef union {
  struct {
    DWORD LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;
typedef struct {
  USHORT Length, MaximumLength;
  PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef struct {
  DWORD Data1;
  WORD Data2, Data3;
  BYTE Data4[8];
} GUID, *LPGUID;
typedef const GUID* LPCGUID;
typedef void *HKEY, *PSECURITY_DESCRIPTOR, *HCERTENGINE_;
typedef HKEY* PHKEY;
typedef struct {
  DWORD nLength;
  LPVOID lpSecurityDescriptor;
  BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

#define ANYSIZE_ARRAY 1
#define CONST const
#define FALSE 0
#define TRUE 1
#define WINAPI
#define NTAPI
#define CALLBACK
#define APIENTRY
#define CDECL
#define FAR
#define IN
#define OUT
#define OPTIONAL
#define DECLSPEC_IMPORT
#define WINBASEAPI
#define WINADVAPI
#define MAX_PATH 260
#define INVALID_HANDLE_VALUE reinterpret_cast<HANDLE>(static_cast<LONG_PTR>(-1))
#define DECLARE_HANDLE(name) \
  typedef struct name##__ {  \
    int unused;              \
  } * name
#define C_ASSERT(e)
#define FIELD_OFFSET(type, field) offsetof(type, field)
#define ERROR_SUCCESS 0
#define S_OK 0
#define E_FAIL static_cast<HRESULT>(0x80004005)
#define E_INVALIDARG static_cast<HRESULT>(0x80070057)
#define _HRESULT_TYPEDEF_(value) static_cast<HRESULT>(value)
#define CRYPT_E_NOT_FOUND _HRESULT_TYPEDEF_(0x80092004)
#define CRYPT_E_REVOKED _HRESULT_TYPEDEF_(0x80092010)

// The statuses of winerror.h that Schannel gives.
#define SEC_E_OK static_cast<HRESULT>(0)
#define SEC_E_INSUFFICIENT_MEMORY _HRESULT_TYPEDEF_(0x80090300)
#define SEC_E_INVALID_HANDLE _HRESULT_TYPEDEF_(0x80090301)
#define SEC_E_UNSUPPORTED_FUNCTION _HRESULT_TYPEDEF_(0x80090302)
#define SEC_E_INTERNAL_ERROR _HRESULT_TYPEDEF_(0x80090304)
#define SEC_E_SECPKG_NOT_FOUND _HRESULT_TYPEDEF_(0x80090305)
#define SEC_E_INVALID_TOKEN _HRESULT_TYPEDEF_(0x80090308)
#define SEC_E_LOGON_DENIED _HRESULT_TYPEDEF_(0x8009030C)
#define SEC_E_UNKNOWN_CREDENTIALS _HRESULT_TYPEDEF_(0x8009030D)
#define SEC_E_NO_CREDENTIALS _HRESULT_TYPEDEF_(0x8009030E)
#define SEC_E_MESSAGE_ALTERED _HRESULT_TYPEDEF_(0x8009030F)
#define SEC_E_CONTEXT_EXPIRED _HRESULT_TYPEDEF_(0x80090317)
#define SEC_E_INCOMPLETE_MESSAGE _HRESULT_TYPEDEF_(0x80090318)
#define SEC_E_BUFFER_TOO_SMALL _HRESULT_TYPEDEF_(0x80090321)
#define SEC_E_UNTRUSTED_ROOT _HRESULT_TYPEDEF_(0x80090325)
#define SEC_E_ILLEGAL_MESSAGE _HRESULT_TYPEDEF_(0x80090326)
#define SEC_E_CERT_UNKNOWN _HRESULT_TYPEDEF_(0x80090327)
#define SEC_E_CERT_EXPIRED _HRESULT_TYPEDEF_(0x80090328)
#define SEC_E_DECRYPT_FAILURE _HRESULT_TYPEDEF_(0x80090330)
#define SEC_E_ALGORITHM_MISMATCH _HRESULT_TYPEDEF_(0x80090331)
#define SEC_E_INVALID_PARAMETER _HRESULT_TYPEDEF_(0x8009035D)
#define SEC_E_APPLICATION_PROTOCOL_MISMATCH _HRESULT_TYPEDEF_(0x80090367)
#define SEC_I_CONTINUE_NEEDED _HRESULT_TYPEDEF_(0x00090312)
#define SEC_I_COMPLETE_NEEDED _HRESULT_TYPEDEF_(0x00090313)
#define SEC_I_COMPLETE_AND_CONTINUE _HRESULT_TYPEDEF_(0x00090314)
#define SEC_I_CONTEXT_EXPIRED _HRESULT_TYPEDEF_(0x00090317)
#define SEC_I_INCOMPLETE_CREDENTIALS _HRESULT_TYPEDEF_(0x00090320)
#define SEC_I_RENEGOTIATE _HRESULT_TYPEDEF_(0x00090321)
#define SEC_I_NO_RENEGOTIATION _HRESULT_TYPEDEF_(0x00090360)

inline void* SecureZeroMemory(void* memory, size_t size) {
  explicit_bzero(memory, size);
  return memory;
}
inline DWORD GetLastError() { return 0; }
inline void SetLastError(DWORD) {}

// Slim locks (platform/lock.h).
#include <pthread.h>
typedef pthread_mutex_t SRWLOCK, *PSRWLOCK;
typedef pthread_cond_t CONDITION_VARIABLE;
#define SRWLOCK_INIT PTHREAD_MUTEX_INITIALIZER
#define CONDITION_VARIABLE_INIT PTHREAD_COND_INITIALIZER
inline void AcquireSRWLockExclusive(SRWLOCK* lock) { pthread_mutex_lock(lock); }
inline void ReleaseSRWLockExclusive(SRWLOCK* lock) { pthread_mutex_unlock(lock); }
inline void WakeConditionVariable(CONDITION_VARIABLE* condition) { pthread_cond_signal(condition); }
BOOL SleepConditionVariableSRW(CONDITION_VARIABLE*, SRWLOCK*, DWORD, ULONG);
BOOL CloseHandle(HANDLE);
#define ERROR_NOT_SUPPORTED 50
