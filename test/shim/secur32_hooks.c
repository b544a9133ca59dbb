/* The calls from secur32.dll into its Unix part, some of them replaced. */
#include "gnutls.h"
#include "secur32.h"
#include "shim.h"
#include <stdlib.h>
#include <string.h>

typedef Status (*Call)(void*);

static Call original[kUnixCalls], wrapped[kUnixCalls];
static Call original32[kUnixCalls], wrapped32[kUnixCalls];

static Session SessionOf(const void* parameters) {
  return (Session)(uintptr_t)((const struct OfSession*)parameters)->session;
}

static struct SessionState* StateOf(const void* parameters) {
  return gnutls.session_get_ptr(SessionOf(parameters));
}

static void EnableTickets(Session session) {
  static struct Datum key;
  if (!key.data) gnutls.session_ticket_key_generate(&key);
  gnutls.session_ticket_enable_server(session, &key);
}

static Status CreateSession(void* parameters) {
  const struct CreateSession* call = parameters;
  const Status status = original[kCreateSession](parameters);
  struct SessionState* state = status == 0 ? calloc(1, sizeof *state) : NULL;
  if (!state) return status;
  state->is_server = call->credential->use == kInboundUse;
  state->requirements = (const uint32_t*)(call->session + 1);
  const Session session = (Session)(uintptr_t)*call->session;
  gnutls.session_set_ptr(session, state);
  if (state->is_server && Setting("SCHANRIG_TICKETS")) EnableTickets(session);
  return status;
}

static Status DisposeSession(void* parameters) {
  free(StateOf(parameters));
  gnutls.session_set_ptr(SessionOf(parameters), NULL);
  return original[kDisposeSession](parameters);
}

/* Windows asks for a certificate and leaves it to the application to insist on one; so do we. */
static int CertificateMode(const struct SessionState* state) {
  const char* forced = Setting("SCHANRIG_CLIENTCERT");
  if (forced) return strcmp(forced, "require") == 0 ? kCertificateRequire : kCertificateRequest;
  return ModeIsOn("mutual") && (*state->requirements & kRequireMutualAuth) ? kCertificateRequest
                                                                           : 0;
}

static void AskForCertificate(Session session, struct SessionState* state) {
  if (!state || !state->is_server || state->was_asked) return;
  state->was_asked = 1;
  const int mode = CertificateMode(state);
  if (mode) gnutls.certificate_server_set_request(session, mode);
}

/* Wine knows one status for every failure. */
static Status Refine(Status status, enum Phase phase) {
  if (status != SEC_E_INTERNAL_ERROR || outcome.error == 0) return status;
  Note("%s failed: GnuTLS %d, alert %d", phase == kHandshake ? "handshake" : "decryption",
       outcome.error, outcome.alert);
  return ModeIsOn("status") ? StatusOf(&outcome, phase) : status;
}

static Status HandshakeBy(Call real, void* parameters) {
  AskForCertificate(SessionOf(parameters), StateOf(parameters));
  outcome = (struct Outcome){0};
  return Refine(real(parameters), kHandshake);
}

static Status HandshakeCall(void* parameters) {
  return HandshakeBy(original[kHandshakeCall], parameters);
}

static Status ReceiveBy(Call real, void* parameters, const uint32_t* length) {
  outcome = (struct Outcome){0};
  const Status status = real(parameters);
  const int is_end = status == 0 && outcome.end_of_data && *length == 0;
  return is_end && ModeIsOn("close") ? SEC_I_CONTEXT_EXPIRED : Refine(status, kData);
}

static Status Receive(void* parameters) {
  const struct Receive* call = parameters;
  return ReceiveBy(original[kReceive], parameters, call->length);
}

static Status PeerCertificateBy(Call real, void* parameters) {
  const Status status = real(parameters);
  return status == SEC_E_INTERNAL_ERROR && ModeIsOn("status") ? SEC_E_NO_CREDENTIALS : status;
}

static Status GetPeerCertificate(void* parameters) {
  return PeerCertificateBy(original[kGetPeerCertificate], parameters);
}

/* Wine reports 0 for TLS 1.3, and a client's bits on a server too. */
static Status GetConnectionInfo(void* parameters) {
  const struct GetConnectionInfo* call = parameters;
  const Status status = original[kGetConnectionInfo](parameters);
  if (status != 0 || !ModeIsOn("tls13")) return status;
  const struct SessionState* state = StateOf(parameters);
  const int is_tls13 = gnutls.protocol_get_version(SessionOf(parameters)) == kTls13;
  if (is_tls13) call->info->protocol = kConnectionTls13Client;
  if (state && state->is_server) call->info->protocol >>= 1;
  return status;
}

/* The number IANA gave the suite that a session uses, 0 if GnuTLS does not list it. */
static uint32_t SuiteNumber(Session session) {
  const int version = gnutls.protocol_get_version(session);
  const int kx = version == kTls13 ? 0 : gnutls.kx_get(session);
  const int cipher = gnutls.cipher_get(session), mac = gnutls.mac_get(session);
  unsigned char id[2];
  int its_kx, its_cipher, its_mac, its_version;
  for (size_t i = 0; gnutls.cipher_suite_info(i, id, &its_kx, &its_cipher, &its_mac, &its_version);
       i++) {
    const int is_tls13 = its_version == kTls13;
    if (is_tls13 != (version == kTls13) || its_cipher != cipher || its_mac != mac) continue;
    if (is_tls13 || its_kx == kx) return (uint32_t)id[0] << 8 | id[1];
  }
  return 0;
}

/* Wine composes a name of its own that is often no suite's, and leaves the number out. */
static Status GetCipherInfo(void* parameters) {
  const struct GetCipherInfo* call = parameters;
  const Status status = original[kGetCipherInfo](parameters);
  const Session session = SessionOf(parameters);
  const char* name = status == 0 && ModeIsOn("suite") ? gnutls.ciphersuite_get(session) : NULL;
  if (!name) return status;
  if (gnutls.protocol_get_version(session) == kTls13) call->info->protocol = kCipherInfoTls13;
  call->info->suite = call->info->base_suite = SuiteNumber(session);
  size_t length = strlen(name);
  if (length >= kSuiteNameLength) length = kSuiteNameLength - 1;
  for (size_t i = 0; i < length; i++) call->info->name[i] = (unsigned char)name[i];
  call->info->name[length] = 0;
  return status;
}

void* WrapUnixCalls(const void* table) {
  memcpy(original, table, sizeof original);
  memcpy(wrapped, table, sizeof wrapped);
  wrapped[kCreateSession] = CreateSession;
  wrapped[kDisposeSession] = DisposeSession;
  wrapped[kHandshakeCall] = HandshakeCall;
  wrapped[kReceive] = Receive;
  wrapped[kGetPeerCertificate] = GetPeerCertificate;
  wrapped[kGetConnectionInfo] = GetConnectionInfo;
  wrapped[kGetCipherInfo] = GetCipherInfo;
  return wrapped;
}

/* A program of 32 bits has shorter pointers in its parameters. What they point to is the same,
 * except for buffers, which Wine's function of the same call reads. */

static Status CreateSession32(void* parameters) {
  const struct CreateSession32* call = parameters;
  struct CreateSession wide = {Wide(call->credential), Wide(call->session)};
  return CreateSession(&wide);
}

static Status HandshakeCall32(void* parameters) {
  return HandshakeBy(original32[kHandshakeCall], parameters);
}

static Status Receive32(void* parameters) {
  const struct Receive32* call = parameters;
  return ReceiveBy(original32[kReceive], parameters, Wide(call->length));
}

static Status GetPeerCertificate32(void* parameters) {
  return PeerCertificateBy(original32[kGetPeerCertificate], parameters);
}

static Status GetConnectionInfo32(void* parameters) {
  const struct GetInfo32* call = parameters;
  struct GetConnectionInfo wide = {call->session, Wide(call->info)};
  return GetConnectionInfo(&wide);
}

static Status GetCipherInfo32(void* parameters) {
  const struct GetInfo32* call = parameters;
  struct GetCipherInfo wide = {call->session, Wide(call->info)};
  return GetCipherInfo(&wide);
}

void* WrapUnixCalls32(const void* table32, const void* table) {
  WrapUnixCalls(table);
  memcpy(original32, table32, sizeof original32);
  memcpy(wrapped32, table32, sizeof wrapped32);
  wrapped32[kCreateSession] = CreateSession32;
  wrapped32[kDisposeSession] = DisposeSession; /* takes no pointer */
  wrapped32[kHandshakeCall] = HandshakeCall32;
  wrapped32[kReceive] = Receive32;
  wrapped32[kGetPeerCertificate] = GetPeerCertificate32;
  wrapped32[kGetConnectionInfo] = GetConnectionInfo32;
  wrapped32[kGetCipherInfo] = GetCipherInfo32;
  return wrapped32;
}
