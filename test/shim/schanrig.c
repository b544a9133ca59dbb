/*
 * schanrig.so - test-rig shim for Wine 10's Schannel (secur32.so over GnuTLS).
 * Never shipped to users; it only makes the Wine rig behave more like Windows where Wine 10
 * has nothing.  Load it with LD_PRELOAD into every Wine process of the rig.
 *
 * Build:  gcc -O2 -Wall -fPIC -shared -o schanrig.so schanrig.c      (no headers of GnuTLS/Wine
 * needed) Use:    LD_PRELOAD=/rig/schanrig.so SCHANRIG=mutual,alert,close,status,alpn,tls13 wine64
 * node.exe ...
 *
 * How it hooks in: Wine dlopen()s secur32.so, looks up "__wine_unix_call_funcs" in it, and
 * secur32.so dlopen()s libgnutls.so.30 and dlsym()s every function it uses.  Symbols found with
 * an explicit handle cannot be interposed by name, so the shim interposes dlsym() itself: it
 * hands out a copy of secur32's call table with some entries wrapped, and wrapped versions of a
 * few GnuTLS functions.  LD_PRELOAD of "gnutls_init" and friends alone would have no effect.
 *
 * SCHANRIG (comma list; unset = all of them):
 *   mutual  server honours ASC_REQ_MUTUAL_AUTH: asks for a client certificate (optional, as
 * Windows) alert   a failed handshake leaves the matching TLS alert in the output token (Wine:
 * nothing) close   DecryptMessage gives SEC_I_CONTEXT_EXPIRED for close_notify (Wine: SEC_E_OK, 0
 * bytes) status  GnuTLS errors are mapped to SEC_E_* near what Windows gives (Wine:
 * SEC_E_INTERNAL_ERROR); no peer certificate: SEC_E_NO_CREDENTIALS alpn    a server whose ALPN list
 * has no match refuses the handshake (Wine: goes on without ALPN) tls13   TLS 1.3 is offered
 * whenever TLS 1.2 and 1.1 both are (i.e. for default credentials) and is reported as
 * SP_PROT_TLS1_3_* / 0x304 / TLS_AES_..., not as 0 none    nothing (stock Wine) SCHANRIG_CLIENTCERT
 * = request | require   forces it for every server session, whatever the flags SCHANRIG_CHAIN  =
 * file.pem   issuers found in it are sent after the leaf (Wine sends only the leaf) SCHANRIG_KEY =
 * file.pem   if a certificate and its RSA key do not match, use this key instead (EC identities:
 * give the EC certificate any RSA container, name the EC key here) SCHANRIG_PRIORITY = string
 * GnuTLS priority string for every session SCHANRIG_TICKETS = 1         server sends session
 * tickets SCHANRIG_LOG = file          append one line per event (also the "GnuTLS error: ..."
 * lines that Wine otherwise prints on the standard error of every process) SCHANRIG_FILE = file
 * name=value lines, re-read for every decision, that override the environment.  Needed because the
 * Unix environment of a Wine process is that of the top-level "wine" command: process.env and
 * spawn's env never reach it.  A test changes its mode by writing this file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int32_t NTSTATUS;
typedef NTSTATUS (*entry_t)(void*);
enum {
  F_ATTACH,
  F_DETACH,
  F_ALLOC_CRED,
  F_CREATE,
  F_DISPOSE,
  F_FREE_CRED,
  F_GET_ALPN,
  F_CIPHER_INFO,
  F_CONN_INFO,
  F_ENABLED,
  F_KEYSIG,
  F_MAXMSG,
  F_BLOCK,
  F_PEER,
  F_UNIQUE,
  F_HANDSHAKE,
  F_RECV,
  F_SEND,
  F_SET_ALPN,
  F_MTU,
  F_TARGET,
  F_TIMEOUTS,
  F_COUNT
}; /* Wine 10.0: enum schan_funcs */

#define SEC_E_INTERNAL_ERROR ((NTSTATUS)0x80090304)
#define SEC_I_CONTEXT_EXPIRED ((NTSTATUS)0x00090317)
#define SEC_E_ALGORITHM_MISMATCH ((NTSTATUS)0x80090331)
#define SEC_E_ILLEGAL_MESSAGE ((NTSTATUS)0x80090326)
#define SEC_E_INVALID_TOKEN ((NTSTATUS)0x80090308)
#define SEC_E_MESSAGE_ALTERED ((NTSTATUS)0x8009030F)
#define SEC_E_DECRYPT_FAILURE ((NTSTATUS)0x80090330)
#define SEC_E_NO_CREDENTIALS ((NTSTATUS)0x8009030E)
#define SEC_E_CERT_EXPIRED ((NTSTATUS)0x80090328)
#define SEC_E_UNTRUSTED_ROOT ((NTSTATUS)0x80090325)
#define SEC_E_CERT_UNKNOWN ((NTSTATUS)0x80090327)
#define SEC_E_UNSUPPORTED_FUNCTION ((NTSTATUS)0x80090302)
#define SEC_E_APPLICATION_PROTOCOL_MISMATCH ((NTSTATUS)0x80090367)

/* GnuTLS values used (ABI-stable) */
#define E_UNSUPPORTED_VERSION (-8)
#define E_FATAL_ALERT (-12)
#define E_UNEXPECTED_PACKET (-15)
#define E_UNEXPECTED_PACKET_LENGTH (-9)
#define E_DECRYPTION_FAILED (-24)
#define E_AGAIN (-28)
#define E_INTERRUPTED (-52)
#define E_WARNING_ALERT (-16)
#define E_NO_CIPHER_SUITES (-87)
#define E_UNKNOWN_CIPHER_SUITE (-21)
#define E_NO_APPLICATION_PROTOCOL (-344)
#define E_INSUFFICIENT_CREDENTIALS (-32)
#define E_REHANDSHAKE (-37)
#define TLS1_3 5
#define CERT_REQUEST 1
#define CERT_REQUIRE 2

struct create_session_params {
  struct {
    uint32_t use, protocols;
    uint64_t creds;
  } * cred;
  uint64_t* session;
};
struct recv_params {
  uint64_t session;
  void* input;
  uint32_t input_size;
  void* buffer;
  uint32_t* length;
};
struct info_params {
  uint64_t session;
  void* info;
};
struct recv_params32 {
  uint64_t session;
  uint32_t input, input_size, buffer, length;
}; /* 32-bit Windows process (new WoW64) */
struct create_session_params32 {
  uint32_t cred, session;
};
struct info_params32 {
  uint64_t session;
  uint32_t info;
};
struct sess {
  int server, asked;
  const uint32_t* req;
}; /* kept with gnutls_session_set_ptr */

static void* (*real_dlsym)(void*, const char*);
static entry_t orig[F_COUNT], table[F_COUNT], orig32[F_COUNT], table32[F_COUNT];
static void* gnutls;
static __thread int last_err, last_alert;
static __thread int in_recv_eof;

static const char* cfg(const char* name) { /* file first, then environment */
  static __thread char line[600];
  const char* f = getenv("SCHANRIG_FILE");
  size_t n = strlen(name);
  FILE* in;
  if (f && (in = fopen(f, "r"))) {
    while (fgets(line, sizeof line, in))
      if (!strncmp(line, name, n) && line[n] == '=') {
        fclose(in);
        line[strcspn(line, "\r\n")] = 0;
        return line[n + 1] ? line + n + 1 : NULL;
      }
    fclose(in);
  }
  return getenv(name);
}
static int on(const char* w) {
  const char *e = cfg("SCHANRIG"), *p;
  size_t n = strlen(w);
  if (!e) e = "mutual,alert,close,status,alpn,tls13";
  for (p = e; (p = strstr(p, w)); p += n)
    if ((p == e || p[-1] == ',') && (!p[n] || p[n] == ',')) return 1;
  return 0;
}
static void note(const char* fmt, ...) {
  const char* f = getenv("SCHANRIG_LOG");
  if (!f) return;
  FILE* o = fopen(f, "a");
  if (!o) return;
  va_list a;
  va_start(a, fmt);
  fprintf(o, "[%d] ", (int)getpid());
  vfprintf(o, fmt, a);
  fputc('\n', o);
  va_end(a);
  fclose(o);
}
#define G(name) ((__typeof__(&name##_t))real_dlsym(gnutls, #name))
typedef void* S;
static int gnutls_handshake_t(S);
static long gnutls_record_recv_t(S, void*, size_t);
static int gnutls_alert_get_t(S);
static int gnutls_alert_send_appropriate_t(S, int);
static void gnutls_certificate_server_set_request_t(S, int);
static void* gnutls_session_get_ptr_t(S);
static void gnutls_session_set_ptr_t(S, void*);
static int gnutls_protocol_get_version_t(S);
static int gnutls_priority_set_direct_t(S, const char*, const char**);
static int gnutls_cipher_get_t(S);
static int gnutls_certificate_set_x509_key_t(void*, void**, int, void*);
static int gnutls_x509_crt_list_import2_t(void***, unsigned*, const void*, int, unsigned);
static unsigned gnutls_x509_crt_check_issuer_t(void*, void*);
static int gnutls_x509_privkey_init_t(void**);
static int gnutls_x509_privkey_import2_t(void*, const void*, int, const char*, unsigned);
static int gnutls_load_file_t(const char*, void*);
static int gnutls_session_ticket_key_generate_t(void*);
static int gnutls_session_ticket_enable_server_t(S, void*);
static int gnutls_alpn_set_protocols_t(S, const void*, unsigned, unsigned);
static const char* gnutls_ciphersuite_get_t(S);
static const char* gnutls_strerror_t(int);

struct datum {
  unsigned char* data;
  unsigned size;
};

/* ---- wrapped GnuTLS functions (called by secur32.so) ---- */
static void my_gnutls_perror(int e) {
  note("gnutls_perror %d %s", e, G(gnutls_strerror)(e));
} /* Wine prints these on stderr even with WINEDEBUG=-all */
static int my_gnutls_handshake(S s) {
  int r = G(gnutls_handshake)(s);
  if (r < 0 && r != E_AGAIN && r != E_INTERRUPTED) {
    last_err = r;
    if (r == E_FATAL_ALERT || r == E_WARNING_ALERT)
      last_alert = G(gnutls_alert_get)(s);
    else if (on("alert")) {
      int a = G(gnutls_alert_send_appropriate)(s, r);
      note("handshake error %d, alert sent -> %d", r, a);
    }
  }
  return r;
}
static long my_gnutls_record_recv(S s, void* b, size_t n) {
  long r = G(gnutls_record_recv)(s, b, n);
  if (!r && n) in_recv_eof = 1;
  if (r < 0 && r != E_AGAIN && r != E_REHANDSHAKE) {
    last_err = (int)r;
    if (r == E_FATAL_ALERT || r == E_WARNING_ALERT) last_alert = G(gnutls_alert_get)(s);
  }
  return r;
}
static int my_gnutls_priority_set_direct(S s, const char* p, const char** e) {
  char b[512];
  const char* o;
  if (!strstr(p, "LATEST_RECORD_VERSION"))
    return G(gnutls_priority_set_direct)(s, p, e); /* capability checks at start-up */
  if ((o = cfg("SCHANRIG_PRIORITY"))) return G(gnutls_priority_set_direct)(s, o, e);
  if (on("tls13") && strstr(p, "+VERS-TLS1.2") && strstr(p, "+VERS-TLS1.1")) {
    snprintf(b, sizeof b, "%s:+VERS-TLS1.3", p);
    p = b;
  }
  return G(gnutls_priority_set_direct)(s, p, e);
}
static int my_gnutls_alpn_set_protocols(S s, const void* l, unsigned n, unsigned flags) {
  struct sess* x = G(gnutls_session_get_ptr)(s);
  return G(gnutls_alpn_set_protocols)(
      s, l, n, x && x->server && on("alpn") ? flags | 1 /*GNUTLS_ALPN_MANDATORY*/ : flags);
}
static int my_gnutls_certificate_set_x509_key(void* cred, void** list, int n, void* key) {
  const char* f;
  void* chain[12];
  int m = 0, r;
  for (; m < n && m < 4; m++) chain[m] = list[m];
  if ((f = cfg("SCHANRIG_CHAIN"))) {
    struct datum d;
    void** pool = 0;
    unsigned cnt = 0, i;
    if (!G(gnutls_load_file)(f, &d) &&
        !G(gnutls_x509_crt_list_import2)(&pool, &cnt, &d, 1 /*PEM*/, 0))
      for (;;) { /* append issuers, leave out self-signed roots */
        for (i = 0; i < cnt && m < 12; i++)
          if (G(gnutls_x509_crt_check_issuer)(chain[m - 1], pool[i]) &&
              !G(gnutls_x509_crt_check_issuer)(pool[i], pool[i])) {
            chain[m++] = pool[i];
            break;
          }
        if (i == cnt || m == 12) break;
      }
  }
  r = G(gnutls_certificate_set_x509_key)(cred, chain, m, key);
  if (r && (f = cfg("SCHANRIG_KEY"))) {
    struct datum d;
    void* k = 0;
    if (!G(gnutls_load_file)(f, &d) && !G(gnutls_x509_privkey_init)(&k) &&
        !G(gnutls_x509_privkey_import2)(k, &d, 1, 0, 0))
      r = G(gnutls_certificate_set_x509_key)(cred, chain, m, k);
  }
  note("credential with %d certificate(s) -> %d", m, r);
  return r;
}

/* ---- wrapped unix calls of secur32 ---- */
static NTSTATUS map_error(int e, int alert, int handshake) {
  if (e == E_FATAL_ALERT || e == E_WARNING_ALERT) switch (alert) {
      case 42:
      case 43:
      case 46:
        return SEC_E_CERT_UNKNOWN;
      case 45:
        return SEC_E_CERT_EXPIRED;
      case 48:
        return SEC_E_UNTRUSTED_ROOT;
      case 70:
        return SEC_E_UNSUPPORTED_FUNCTION;
      case 20:
        return SEC_E_MESSAGE_ALTERED;
      case 120:
        return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
      default:
        return SEC_E_ILLEGAL_MESSAGE;
    }
  switch (e) {
    case E_UNSUPPORTED_VERSION:
    case E_NO_CIPHER_SUITES:
    case E_UNKNOWN_CIPHER_SUITE:
    case E_INSUFFICIENT_CREDENTIALS:
      return SEC_E_ALGORITHM_MISMATCH;
    case E_DECRYPTION_FAILED:
      return handshake ? SEC_E_MESSAGE_ALTERED : SEC_E_DECRYPT_FAILURE;
    case E_NO_APPLICATION_PROTOCOL:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case E_UNEXPECTED_PACKET:
    case E_UNEXPECTED_PACKET_LENGTH:
      return handshake ? SEC_E_ILLEGAL_MESSAGE : SEC_E_DECRYPT_FAILURE;
    default:
      return handshake ? SEC_E_ILLEGAL_MESSAGE : SEC_E_INTERNAL_ERROR;
  }
}
#define P32(x) ((void*)(uintptr_t)(x))
static void attach(uint32_t use, uint64_t* ctx) {
  struct sess* x = calloc(1, sizeof *x);
  S s = (S)(uintptr_t)*ctx;
  if (!x) return;
  x->server = use == 1 /*SECPKG_CRED_INBOUND*/;
  x->req = (const uint32_t*)(ctx + 1); /* ctx is &schan_context.session, its first member;
                                          req_ctx_attr follows */
  G(gnutls_session_set_ptr)(s, x);
  if (x->server && cfg("SCHANRIG_TICKETS")) {
    static struct datum key;
    if (!key.data) G(gnutls_session_ticket_key_generate)(&key);
    G(gnutls_session_ticket_enable_server)(s, &key);
  }
}
static NTSTATUS my_create(void* a) {
  struct create_session_params* p = a;
  NTSTATUS r = orig[F_CREATE](a);
  if (!r) attach(p->cred->use, p->session);
  return r;
}
static NTSTATUS my_create32(void* a) {
  struct create_session_params32* p = a;
  NTSTATUS r = orig32[F_CREATE](a);
  if (!r) attach(*(uint32_t*)P32(p->cred), P32(p->session));
  return r;
}
static NTSTATUS dispose(void* a, entry_t f) {
  S s = (S)(uintptr_t) * (uint64_t*)a;
  free(G(gnutls_session_get_ptr)(s));
  G(gnutls_session_set_ptr)(s, 0);
  return f(a);
}
static NTSTATUS my_dispose(void* a) { return dispose(a, orig[F_DISPOSE]); }
static NTSTATUS my_dispose32(void* a) { return dispose(a, orig32[F_DISPOSE]); }
static NTSTATUS handshake(void* a, entry_t fn) {
  S s = (S)(uintptr_t) * (uint64_t*)a;
  struct sess* x = G(gnutls_session_get_ptr)(s);
  NTSTATUS r;
  if (x && x->server && !x->asked) {
    const char* f = cfg("SCHANRIG_CLIENTCERT");
    int mode = 0;
    if (f)
      mode = !strcmp(f, "require") ? CERT_REQUIRE : !strcmp(f, "request") ? CERT_REQUEST : 0;
    else if (on("mutual") && (*x->req & 2 /*ASC_REQ_MUTUAL_AUTH*/))
      mode = CERT_REQUEST;
    if (mode) {
      G(gnutls_certificate_server_set_request)(s, mode);
      note("server session asks for a client certificate (mode %d, req %x)", mode, *x->req);
    }
    x->asked = 1;
  }
  last_err = last_alert = 0;
  r = fn(a);
  if (r == SEC_E_INTERNAL_ERROR && last_err) {
    note("handshake failed: gnutls %d alert %d", last_err, last_alert);
    if (on("status")) r = map_error(last_err, last_alert, 1);
  }
  return r;
}
static NTSTATUS my_handshake(void* a) { return handshake(a, orig[F_HANDSHAKE]); }
static NTSTATUS my_handshake32(void* a) { return handshake(a, orig32[F_HANDSHAKE]); }
static NTSTATUS recv_result(NTSTATUS r, uint32_t length) {
  if (!r && in_recv_eof && !length && on("close")) r = SEC_I_CONTEXT_EXPIRED;
  if (r == SEC_E_INTERNAL_ERROR && last_err) {
    note("decrypt failed: gnutls %d alert %d", last_err, last_alert);
    if (on("status")) r = map_error(last_err, last_alert, 0);
  }
  return r;
}
static NTSTATUS my_recv(void* a) {
  struct recv_params* p = a;
  last_err = last_alert = in_recv_eof = 0;
  NTSTATUS r = orig[F_RECV](a);
  return recv_result(r, *p->length);
}
static NTSTATUS my_recv32(void* a) {
  struct recv_params32* p = a;
  last_err = last_alert = in_recv_eof = 0;
  NTSTATUS r = orig32[F_RECV](a);
  return recv_result(r, *(uint32_t*)P32(p->length));
}
static NTSTATUS peer(NTSTATUS r) {
  return r == SEC_E_INTERNAL_ERROR && on("status") ? SEC_E_NO_CREDENTIALS : r;
}
static NTSTATUS my_peer(void* a) { return peer(orig[F_PEER](a)); }
static NTSTATUS my_peer32(void* a) { return peer(orig32[F_PEER](a)); }
static NTSTATUS conn_info(NTSTATUS r, uint64_t session, uint32_t* i) {
  S s = (S)(uintptr_t)session;
  struct sess* x = G(gnutls_session_get_ptr)(s);
  if (!r && on("tls13")) {
    if (G(gnutls_protocol_get_version)(s) == TLS1_3) i[0] = 0x2000;
    if (x && x->server) i[0] = i[0] >> 1; /* report SERVER bits on a server, as Windows does */
  }
  return r;
}
static NTSTATUS my_conn_info(void* a) {
  struct info_params* p = a;
  return conn_info(orig[F_CONN_INFO](a), p->session, p->info);
}
static NTSTATUS my_conn_info32(void* a) {
  struct info_params32* p = a;
  return conn_info(orig32[F_CONN_INFO](a), p->session, P32(p->info));
}
static NTSTATUS cipher_info(NTSTATUS r, uint64_t session, uint32_t* i) {
  S s = (S)(uintptr_t)session;
  if (!r && on("tls13") && G(gnutls_protocol_get_version)(s) == TLS1_3) {
    const char* n = G(gnutls_ciphersuite_get)(s);
    uint16_t* w = (uint16_t*)(i + 4);
    int k; /* dwVersion, dwProtocol, dwCipherSuite, dwBaseCipherSuite, szCipherSuite[64] */
    i[1] = 0x304;
    for (k = 0; n && n[k] && k < 63; k++) w[k] = (unsigned char)n[k];
    if (k) w[k] = 0;
  }
  return r;
}
static NTSTATUS my_cipher_info(void* a) {
  struct info_params* p = a;
  return cipher_info(orig[F_CIPHER_INFO](a), p->session, p->info);
}
static NTSTATUS my_cipher_info32(void* a) {
  struct info_params32* p = a;
  return cipher_info(orig32[F_CIPHER_INFO](a), p->session, P32(p->info));
}

static void* wrap(const entry_t* t, entry_t* o, entry_t* n, int w) {
  memcpy(o, t, F_COUNT * sizeof *o);
  memcpy(n, t, F_COUNT * sizeof *n);
  n[F_CREATE] = w ? my_create32 : my_create;
  n[F_DISPOSE] = w ? my_dispose32 : my_dispose;
  n[F_HANDSHAKE] = w ? my_handshake32 : my_handshake;
  n[F_RECV] = w ? my_recv32 : my_recv;
  n[F_CONN_INFO] = w ? my_conn_info32 : my_conn_info;
  n[F_CIPHER_INFO] = w ? my_cipher_info32 : my_cipher_info;
  n[F_PEER] = w ? my_peer32 : my_peer;
  note("secur32 %s call table wrapped", w ? "wow64" : "64-bit");
  return n;
}
static const char* libname(void* h) {
  struct link_map* m;
  if (h == RTLD_DEFAULT || h == RTLD_NEXT || dlinfo(h, RTLD_DI_LINKMAP, &m) || !m->l_name)
    return "";
  return m->l_name;
}

__attribute__((visibility("default"))) void* dlsym(void* h, const char* name) {
  if (!real_dlsym)
    real_dlsym = (void* (*)(void*, const char*))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  if (!strncmp(name, "__wine_unix_call_", 17) && strstr(libname(h), "/secur32.so")) {
    const entry_t* t = real_dlsym(h, name);
    int w = !strcmp(name, "__wine_unix_call_wow64_funcs");
    return t && !on("none") ? wrap(t, w ? orig32 : orig, w ? table32 : table, w) : (void*)t;
  }
  if (!strncmp(name, "gnutls_", 7) && strstr(libname(h), "libgnutls.so") && !on("none")) {
    void* p = real_dlsym(h, name);
    if (!gnutls) gnutls = h;
    if (p && !strcmp(name, "gnutls_handshake")) return my_gnutls_handshake;
    if (p && !strcmp(name, "gnutls_record_recv")) return my_gnutls_record_recv;
    if (p && !strcmp(name, "gnutls_perror")) return my_gnutls_perror;
    if (p && !strcmp(name, "gnutls_alpn_set_protocols")) return my_gnutls_alpn_set_protocols;
    if (p && !strcmp(name, "gnutls_priority_set_direct")) return my_gnutls_priority_set_direct;
    if (p && !strcmp(name, "gnutls_certificate_set_x509_key"))
      return my_gnutls_certificate_set_x509_key;
    return p;
  }
  return real_dlsym(h, name);
}
