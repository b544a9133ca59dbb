/* What the shim knows of Wine 10.0's secur32: the order of its Unix calls and their parameters. */
#ifndef SCHANNEL_SHIM_SECUR32_H_
#define SCHANNEL_SHIM_SECUR32_H_

#include <stdint.h>

enum UnixCall {
  kProcessAttach,
  kProcessDetach,
  kAllocateCredentials,
  kCreateSession,
  kDisposeSession,
  kFreeCredentials,
  kGetApplicationProtocol,
  kGetCipherInfo,
  kGetConnectionInfo,
  kGetEnabledProtocols,
  kGetKeySignatureAlgorithm,
  kGetMaxMessageSize,
  kGetBlockSize,
  kGetPeerCertificate,
  kGetUniqueBinding,
  kHandshakeCall,
  kReceive,
  kSend,
  kSetApplicationProtocols,
  kSetDtlsMtu,
  kSetTarget,
  kSetDtlsTimeouts,
  kUnixCalls,
};

enum { kInboundUse = 1 };           /* SECPKG_CRED_INBOUND */
enum { kRequireMutualAuth = 0x02 }; /* ASC_REQ_MUTUAL_AUTH */
enum { kSuiteNameLength = 64 };     /* of SecPkgContext_CipherInfo */
enum { kCipherInfoTls13 = 0x304 };  /* its dwProtocol is the version on the wire */
enum {
  kConnectionTls13Client = 0x2000
}; /* SP_PROT_TLS1_3_CLIENT; the server's bit is the one below */

struct CredentialUse {
  uint32_t use;
};

/* `session` is the first member of secur32's own context; the ASC_REQ_ flags given lie behind it.
 */
struct CreateSession {
  struct CredentialUse* credential;
  uint64_t* session;
};

struct OfSession {
  uint64_t session;
};

struct Receive {
  uint64_t session;
  void* input;
  uint32_t input_size;
  void* buffer;
  uint32_t* length;
};

struct GetConnectionInfo {
  uint64_t session;
  struct {
    uint32_t protocol;
  } * info;
};

struct GetCipherInfo {
  uint64_t session;
  struct {
    uint32_t version, protocol, suite, base_suite;
    uint16_t name[kSuiteNameLength];
  } * info;
};

/* The same from programs of 32 bits, which Wine's WoW64 runs in a process of 64. */
typedef uint32_t Pointer32;

static inline void* Wide(Pointer32 pointer) { return (void*)(uintptr_t)pointer; }

struct CreateSession32 {
  Pointer32 credential, session;
};

struct Receive32 {
  uint64_t session;
  Pointer32 input;
  uint32_t input_size;
  Pointer32 buffer, length;
};

struct GetInfo32 {
  uint64_t session;
  Pointer32 info;
};

/* Kept with each of GnuTLS' sessions. */
struct SessionState {
  int is_server;
  int was_asked; /* whether a client certificate shall be requested has been decided */
  const uint32_t* requirements;
};

#endif
