/* What the parts of the shim share. README.md explains how they hook into Wine. */
#ifndef SCHANNEL_SHIM_H_
#define SCHANNEL_SHIM_H_

#include <stddef.h>
#include <stdint.h>

/* config.c */

/* A setting's value from the file named by SCHANRIG_FILE, else from the environment; NULL if empty.
 * The text is valid until the thread's next call. */
const char* Setting(const char* name);

/* Whether SCHANRIG names a mode; unset, it names all. */
int ModeIsOn(const char* mode);

/* Appends a line to the file named by SCHANRIG_LOG. */
__attribute__((format(printf, 1, 2))) void Note(const char* format, ...);

/* preload.c: dlsym as the C library has it. */
void* RealSymbol(void* library, const char* name);

/* gnutls_hooks.c */

/* What failed last on this thread, between a call of secur32 into GnuTLS and its answer. */
struct Outcome {
  int error;       /* GnuTLS' negative code, 0: none */
  int alert;       /* what the peer sent, when error says that it sent one */
  int end_of_data; /* the peer's close_notify was read */
};
extern __thread struct Outcome outcome;

/* The replacement of a GnuTLS function; NULL for those left alone. */
void* GnutlsHook(const char* name);

/* secur32_hooks.c: a copy of secur32's table of Unix calls, some of them replaced. */
void* WrapUnixCalls(const void* table);

/* The same of the table for programs of 32 bits; `table` is the other one. */
void* WrapUnixCalls32(const void* table32, const void* table);

/* status.c */
typedef int32_t Status;
enum Phase { kHandshake, kData };
Status StatusOf(const struct Outcome* failure, enum Phase phase);

#define SEC_I_CONTEXT_EXPIRED ((Status)0x00090317)
#define SEC_E_INTERNAL_ERROR ((Status)0x80090304)
#define SEC_E_NO_CREDENTIALS ((Status)0x8009030E)

#endif
