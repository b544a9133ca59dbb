/* The part of GnuTLS' stable binary interface that the shim uses; its headers need not be
 * installed. */
#ifndef SCHANNEL_SHIM_GNUTLS_H_
#define SCHANNEL_SHIM_GNUTLS_H_

#include <stddef.h>

typedef void* Session;
typedef void* Certificate;
typedef void* PrivateKey;

struct Datum {
  unsigned char* data;
  unsigned size;
};

enum {
  kUnsupportedVersion = -8,
  kUnexpectedPacketLength = -9,
  kFatalAlertReceived = -12,
  kUnexpectedPacket = -15,
  kWarningAlertReceived = -16,
  kUnknownCipherSuite = -21,
  kDecryptionFailed = -24,
  kAgain = -28,
  kInsufficientCredentials = -32,
  kRehandshake = -37,
  kInterrupted = -52,
  kNoCipherSuites = -87,
  kNoApplicationProtocol = -344,
};

enum { kTls13 = 5 };
enum { kCertificateRequest = 1, kCertificateRequire = 2 };
enum { kFormatPem = 1 };
enum { kAlpnMandatory = 1 };

#define GNUTLS_FUNCTIONS(X)                                                                     \
  X(int, handshake, (Session))                                                                  \
  X(long, record_recv, (Session, void*, size_t))                                                \
  X(int, alert_get, (Session))                                                                  \
  X(int, alert_send_appropriate, (Session, int))                                                \
  X(void, certificate_server_set_request, (Session, int))                                       \
  X(void*, session_get_ptr, (Session))                                                          \
  X(void, session_set_ptr, (Session, void*))                                                    \
  X(int, protocol_get_version, (Session))                                                       \
  X(int, kx_get, (Session))                                                                     \
  X(int, cipher_get, (Session))                                                                 \
  X(int, mac_get, (Session))                                                                    \
  X(const char*, ciphersuite_get, (Session))                                                    \
  X(const char*, cipher_suite_info, (size_t, unsigned char*, int*, int*, int*, int*))           \
  X(int, priority_set_direct, (Session, const char*, const char**))                             \
  X(int, alpn_set_protocols, (Session, const struct Datum*, unsigned, unsigned))                \
  X(int, certificate_set_x509_key, (void*, Certificate*, int, PrivateKey))                      \
  X(int, x509_crt_list_import2, (Certificate**, unsigned*, const struct Datum*, int, unsigned)) \
  X(unsigned, x509_crt_check_issuer, (Certificate, Certificate))                                \
  X(int, x509_privkey_init, (PrivateKey*))                                                      \
  X(int, x509_privkey_import2, (PrivateKey, const struct Datum*, int, const char*, unsigned))   \
  X(int, load_file, (const char*, struct Datum*))                                               \
  X(int, session_ticket_key_generate, (struct Datum*))                                          \
  X(int, session_ticket_enable_server, (Session, const struct Datum*))                          \
  X(const char*, strerror, (int))

#define DECLARE_MEMBER(result, name, arguments) result(*name) arguments;

/* GnuTLS' own functions, for the session they were first asked for by Wine. */
extern struct Gnutls { GNUTLS_FUNCTIONS(DECLARE_MEMBER) } gnutls;

/* Fills `gnutls` from the library Wine opened. */
void LoadGnutls(void* library);

#endif
