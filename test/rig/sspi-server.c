/*
 * sspi-server FILE.pfx ALPN [mutual] : a TLS server as small as Schannel allows, for the tests of
 * the shim.
 *
 * Serves one client on a free port of 127.0.0.1 with the identity in FILE.pfx (password "pfx"),
 * speaks the protocol ALPN, prints what the handshake gave, and then the client's certificate.
 * `mutual` asks for one (ASC_REQ_MUTUAL_AUTH).
 */
#define SECURITY_WIN32
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
/* The next ones rely on those above. */
#include <schannel.h>
#include <security.h>
#include <wincrypt.h>

enum { kRequirements = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR };

struct Input {
  char bytes[65536];
  ULONG length;
};

/* SEC_APPLICATION_PROTOCOLS with one name: its sizes, ALPN (2), the size of the list, the name. */
struct Alpn {
  unsigned char bytes[266];
  ULONG length;
};

static struct Alpn AlpnOf(const char* name) {
  struct Alpn alpn = {{0}, 0};
  const unsigned char length = (unsigned char)strlen(name);
  alpn.bytes[0] = (unsigned char)(length + 7);
  alpn.bytes[4] = 2;
  alpn.bytes[8] = (unsigned char)(length + 1);
  alpn.bytes[10] = length;
  memcpy(alpn.bytes + 11, name, length);
  alpn.length = 11u + length;
  return alpn;
}

static PCCERT_CONTEXT LoadIdentity(const char* path) {
  static BYTE bytes[65536];
  FILE* file = fopen(path, "rb");
  if (!file) exit(2);
  CRYPT_DATA_BLOB blob = {(DWORD)fread(bytes, 1, sizeof bytes, file), bytes};
  fclose(file);
  HCERTSTORE store = PFXImportCertStore(&blob, L"pfx", CRYPT_USER_KEYSET);
  if (!store) exit(3);
  return CertEnumCertificatesInStore(store, NULL);
}

static SECURITY_STATUS Acquire(PCCERT_CONTEXT identity, CredHandle* credential) {
  SCHANNEL_CRED settings = {.dwVersion = SCHANNEL_CRED_VERSION, .cCreds = 1, .paCred = &identity};
  return AcquireCredentialsHandleW(NULL, (wchar_t*)UNISP_NAME_W, SECPKG_CRED_INBOUND, NULL,
                                   &settings, NULL, NULL, credential, NULL);
}

static SOCKET AcceptOne(void) {
  WSADATA data;
  struct sockaddr_in address;
  int length = sizeof address;
  WSAStartup(MAKEWORD(2, 2), &data);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0) exit(4);
  listen(listener, 1);
  getsockname(listener, (struct sockaddr*)&address, &length);
  printf("port %u\n", ntohs(address.sin_port));
  fflush(stdout);
  return accept(listener, NULL, NULL);
}

static int Receive(SOCKET peer, struct Input* input) {
  const int got =
      recv(peer, input->bytes + input->length, (int)(sizeof input->bytes - input->length), 0);
  if (got > 0) input->length += (ULONG)got;
  return got > 0;
}

/* Whether the first record is there as a whole: Wine makes a context even of less, and loses it. */
static int HasRecord(const struct Input* input) {
  const unsigned char* bytes = (const unsigned char*)input->bytes;
  return input->length >= 5 && input->length >= 5u + (bytes[3] << 8 | bytes[4]);
}

static SECURITY_STATUS Step(CredHandle* credential, CtxtHandle* context, int is_first, ULONG flags,
                            struct Alpn* alpn, struct Input* input, SOCKET peer) {
  SecBuffer in[3] = {{input->length, SECBUFFER_TOKEN, input->bytes},
                     {0, SECBUFFER_EMPTY, NULL},
                     {alpn->length, SECBUFFER_APPLICATION_PROTOCOLS, alpn->bytes}};
  SecBuffer out[1] = {{0, SECBUFFER_TOKEN, NULL}};
  SecBufferDesc in_description = {SECBUFFER_VERSION, is_first ? 3u : 2u, in},
                out_description = {SECBUFFER_VERSION, 1, out};
  ULONG attributes = 0;
  const SECURITY_STATUS status =
      AcceptSecurityContext(credential, is_first ? NULL : context, &in_description, flags, 0,
                            context, &out_description, &attributes, NULL);
  if (status == SEC_E_INCOMPLETE_MESSAGE) return status;
  if (out[0].cbBuffer > 0) send(peer, out[0].pvBuffer, (int)out[0].cbBuffer, 0);
  const ULONG left = in[1].BufferType == SECBUFFER_EXTRA ? in[1].cbBuffer : 0;
  memmove(input->bytes, input->bytes + input->length - left, left);
  input->length = left;
  return status;
}

static SECURITY_STATUS Handshake(CredHandle* credential, CtxtHandle* context, ULONG flags,
                                 struct Alpn* alpn, SOCKET peer) {
  static struct Input input;
  SECURITY_STATUS status = SEC_E_INCOMPLETE_MESSAGE;
  for (int is_first = 1; status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE;) {
    const int needs_more = status == SEC_E_INCOMPLETE_MESSAGE || !HasRecord(&input);
    if (needs_more && !Receive(peer, &input)) return status;
    if (!HasRecord(&input)) continue;
    status = Step(credential, context, is_first, flags, alpn, &input, peer);
    if (status != SEC_E_INCOMPLETE_MESSAGE) is_first = 0;
  }
  return status;
}

static void PrintPeer(CtxtHandle* context) {
  PCCERT_CONTEXT peer = NULL;
  const SECURITY_STATUS status =
      QueryContextAttributesW(context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &peer);
  if (status != SEC_E_OK) {
    printf("peer 0x%08lx\n", status);
    return;
  }
  char name[200];
  CertGetNameStringA(peer, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, sizeof name);
  printf("peer %s\n", name);
}

int main(int argc, char** argv) {
  CredHandle credential;
  CtxtHandle context = {0, 0};
  if (argc < 3) return 1;
  if (Acquire(LoadIdentity(argv[1]), &credential) != SEC_E_OK) return 5;
  const int is_mutual = argc > 3 && strcmp(argv[3], "mutual") == 0;
  const ULONG flags = is_mutual ? kRequirements | ASC_REQ_MUTUAL_AUTH : kRequirements;
  struct Alpn alpn = AlpnOf(argv[2]);
  SOCKET peer = AcceptOne();
  const SECURITY_STATUS status = Handshake(&credential, &context, flags, &alpn, peer);
  printf("handshake 0x%08lx\n", status);
  if (status == SEC_E_OK) PrintPeer(&context);
  /* Not before the client has read what was sent. */
  shutdown(peer, SD_SEND);
  char rest[1024];
  while (recv(peer, rest, sizeof rest, 0) > 0) {
  }
  return 0;
}
