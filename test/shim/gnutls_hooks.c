/* Functions of GnuTLS as Wine's secur32 gets to call them. */
#include "gnutls.h"
#include "secur32.h"
#include "shim.h"
#include <stdio.h>
#include <string.h>

enum { kLongestChain = 12, kLongestPriority = 512 };

struct Gnutls gnutls;
__thread struct Outcome outcome;

#define LOAD_MEMBER(result, name, arguments) \
  *(void**)&gnutls.name = RealSymbol(library, "gnutls_" #name);

void LoadGnutls(void* library) {
  if (gnutls.handshake) return;
  GNUTLS_FUNCTIONS(LOAD_MEMBER)
}

static void NoteFailure(Session session, int error) {
  outcome.error = error;
  if (error == kFatalAlertReceived || error == kWarningAlertReceived)
    outcome.alert = gnutls.alert_get(session);
}

/* Wine leaves the peer of a failed handshake without a word; Windows' last token is an alert. */
static int Handshake(Session session) {
  const int result = gnutls.handshake(session);
  if (result >= 0 || result == kAgain || result == kInterrupted) return result;
  NoteFailure(session, result);
  const int peer_knows = result == kFatalAlertReceived || result == kWarningAlertReceived;
  if (!peer_knows && ModeIsOn("alert")) {
    Note("handshake error %d, alert sent: %d", result,
         gnutls.alert_send_appropriate(session, result));
  }
  return result;
}

static long RecordReceive(Session session, void* buffer, size_t size) {
  const long result = gnutls.record_recv(session, buffer, size);
  if (result == 0 && size > 0) outcome.end_of_data = 1;
  if (result < 0 && result != kAgain && result != kRehandshake) NoteFailure(session, (int)result);
  return result;
}

/* Wine asks for single versions at start-up, to learn which there are, and marks a session's list
 * by its first keyword: "NORMAL:%LATEST_RECORD_VERSION:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:...".
 * Both 1.1 and 1.2 are in it only if the credential leaves the choice to the system. TLS 1.3 goes
 * in front, since a hello has the versions in this order: a server that follows it (Go's and
 * Erlang's do) would choose TLS 1.2 and mark that as a downgrade, which GnuTLS then refuses. */
static int SetPriority(Session session, const char* priority, const char** error) {
  static const char none_yet[] = ":-VERS-ALL";
  char extended[kLongestPriority];
  const int is_session = strstr(priority, "LATEST_RECORD_VERSION") != NULL;
  const char* forced = is_session ? Setting("SCHANRIG_PRIORITY") : NULL;
  if (forced) return gnutls.priority_set_direct(session, forced, error);
  const int is_default = strstr(priority, "+VERS-TLS1.2") && strstr(priority, "+VERS-TLS1.1");
  const char* versions = strstr(priority, none_yet);
  if (is_session && is_default && versions && ModeIsOn("tls13")) {
    versions += strlen(none_yet);
    snprintf(extended, sizeof extended, "%.*s:+VERS-TLS1.3%s", (int)(versions - priority), priority,
             versions);
    return gnutls.priority_set_direct(session, extended, error);
  }
  return gnutls.priority_set_direct(session, priority, error);
}

static int SetAlpn(Session session, const struct Datum* names, unsigned count, unsigned flags) {
  const struct SessionState* state = gnutls.session_get_ptr(session);
  const int refuses = state && state->is_server && ModeIsOn("alpn");
  return gnutls.alpn_set_protocols(session, names, count, refuses ? flags | kAlpnMandatory : flags);
}

/* Appends issuers found in a PEM file, up to the root, which is left out. */
static int AddIssuers(const char* file, Certificate* chain, int length) {
  struct Datum pem;
  Certificate* pool = NULL;
  unsigned size = 0;
  if (gnutls.load_file(file, &pem) < 0) return length;
  if (gnutls.x509_crt_list_import2(&pool, &size, &pem, kFormatPem, 0) < 0) return length;
  for (unsigned i = 0; i < size && length < kLongestChain; i++) {
    const int is_next = gnutls.x509_crt_check_issuer(chain[length - 1], pool[i]) != 0;
    if (!is_next || gnutls.x509_crt_check_issuer(pool[i], pool[i])) continue;
    chain[length++] = pool[i];
    i = (unsigned)-1; /* the issuer's issuer may come earlier in the file */
  }
  return length;
}

static PrivateKey LoadKey(const char* file) {
  struct Datum pem;
  PrivateKey key = NULL;
  const int loaded = gnutls.load_file(file, &pem) == 0 && gnutls.x509_privkey_init(&key) == 0 &&
                     gnutls.x509_privkey_import2(key, &pem, kFormatPem, NULL, 0) == 0;
  return loaded ? key : NULL;
}

static int SetCertificate(void* credentials, Certificate* given, int count, PrivateKey key) {
  const char* issuers = Setting("SCHANRIG_CHAIN");
  Certificate chain[kLongestChain] = {count > 0 ? given[0] : NULL};
  const int length = issuers && count == 1 ? AddIssuers(issuers, chain, 1) : count;
  Certificate* sent = length > count ? chain : given;
  int result = gnutls.certificate_set_x509_key(credentials, sent, length, key);
  const char* other = result < 0 ? Setting("SCHANRIG_KEY") : NULL;
  if (other) result = gnutls.certificate_set_x509_key(credentials, sent, length, LoadKey(other));
  Note("credential with %d certificate(s): %d", length, result);
  return result;
}

/* Wine prints these on the standard error of the program, whatever its debug channels are. */
static void NoteError(int error) { Note("GnuTLS error %d: %s", error, gnutls.strerror(error)); }

void* GnutlsHook(const char* name) {
  static const struct {
    const char* name;
    void* function;
  } hooks[] = {
      {"gnutls_alpn_set_protocols", SetAlpn},
      {"gnutls_certificate_set_x509_key", SetCertificate},
      {"gnutls_handshake", Handshake},
      {"gnutls_perror", NoteError},
      {"gnutls_priority_set_direct", SetPriority},
      {"gnutls_record_recv", RecordReceive},
  };
  for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
    if (strcmp(hooks[i].name, name) == 0) return hooks[i].function;
  }
  return NULL;
}
