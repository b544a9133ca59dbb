/*
 * sspi-client PORT [tls12] : a TLS client as small as Schannel allows, for the tests of the shim.
 *
 * Connects to 127.0.0.1, trusts anyone, prints what each step gave and reads until the peer is
 * done. `tls12` asks for TLS 1.2 alone; without it the choice is left to the system.
 */
#define SECURITY_WIN32
#define SCHANNEL_USE_BLACKLISTS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
/* The next ones rely on those above. */
#include <winternl.h>
/* SCH_CREDENTIALS uses UNICODE_STRING. */
#include <schannel.h>
#include <security.h>

enum { kRequirements = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_MANUAL_CRED_VALIDATION };

struct Input {
  char bytes[65536];
  ULONG length;
};

static SOCKET Connect(const char* port) {
  WSADATA data;
  struct sockaddr_in address;
  WSAStartup(MAKEWORD(2, 2), &data);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((u_short)atoi(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SOCKET peer = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(peer, (struct sockaddr*)&address, sizeof address) != 0) exit(2);
  return peer;
}

static int Receive(SOCKET peer, struct Input* input) {
  const int got =
      recv(peer, input->bytes + input->length, (int)(sizeof input->bytes - input->length), 0);
  if (got > 0) input->length += (ULONG)got;
  return got > 0;
}

static void KeepExtra(struct Input* input, const SecBuffer* extra) {
  if (extra) memmove(input->bytes, input->bytes + input->length - extra->cbBuffer, extra->cbBuffer);
  input->length = extra ? extra->cbBuffer : 0;
}

static const SecBuffer* Find(const SecBuffer* buffers, int count, ULONG type) {
  for (int i = 0; i < count; i++) {
    if (buffers[i].BufferType == type) return &buffers[i];
  }
  return NULL;
}

static SECURITY_STATUS Acquire(int only_tls12, CredHandle* credential) {
  SCHANNEL_CRED old = {.dwVersion = SCHANNEL_CRED_VERSION,
                       .grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT};
  SCH_CREDENTIALS current = {.dwVersion = SCH_CREDENTIALS_VERSION};
  void* settings = only_tls12 ? (void*)&old : (void*)&current;
  return AcquireCredentialsHandleW(NULL, (wchar_t*)UNISP_NAME_W, SECPKG_CRED_OUTBOUND, NULL,
                                   settings, NULL, NULL, credential, NULL);
}

static SECURITY_STATUS Step(CredHandle* credential, CtxtHandle* context, int is_first,
                            struct Input* input, SOCKET peer) {
  SecBuffer in[2] = {{input->length, SECBUFFER_TOKEN, input->bytes}, {0, SECBUFFER_EMPTY, NULL}};
  SecBuffer out[1] = {{0, SECBUFFER_TOKEN, NULL}};
  SecBufferDesc in_description = {SECBUFFER_VERSION, 2, in},
                out_description = {SECBUFFER_VERSION, 1, out};
  ULONG attributes = 0;
  const SECURITY_STATUS status = InitializeSecurityContextW(
      credential, is_first ? NULL : context, (wchar_t*)L"localhost", kRequirements, 0, 0,
      is_first ? NULL : &in_description, 0, context, &out_description, &attributes, NULL);
  if (status == SEC_E_INCOMPLETE_MESSAGE) return status;
  if (out[0].cbBuffer > 0) send(peer, out[0].pvBuffer, (int)out[0].cbBuffer, 0);
  if (!is_first) KeepExtra(input, Find(in, 2, SECBUFFER_EXTRA));
  return status;
}

static SECURITY_STATUS Handshake(CredHandle* credential, CtxtHandle* context, struct Input* input,
                                 SOCKET peer) {
  SECURITY_STATUS status = Step(credential, context, 1, input, peer);
  while (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE) {
    const int needs_more = input->length == 0 || status == SEC_E_INCOMPLETE_MESSAGE;
    if (needs_more && !Receive(peer, input)) return status;
    status = Step(credential, context, 0, input, peer);
  }
  return status;
}

static void PrintSession(CtxtHandle* context) {
  SecPkgContext_ConnectionInfo connection;
  SecPkgContext_CipherInfo cipher;
  memset(&cipher, 0, sizeof cipher);
  cipher.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1;
  QueryContextAttributesW(context, SECPKG_ATTR_CONNECTION_INFO, &connection);
  QueryContextAttributesW(context, SECPKG_ATTR_CIPHER_INFO, &cipher);
  printf("protocol 0x%lx\nsuite 0x%04lx %ls\n", connection.dwProtocol, cipher.dwCipherSuite,
         cipher.szCipherSuite);
}

/* The first status that is not one of a record of data, a ticket or a part of a record. */
static SECURITY_STATUS Read(CtxtHandle* context, struct Input* input, SOCKET peer) {
  for (;;) {
    SecBuffer buffers[4] = {{input->length, SECBUFFER_DATA, input->bytes}};
    SecBufferDesc description = {SECBUFFER_VERSION, 4, buffers};
    const int has_header = input->length >= 5;
    const SECURITY_STATUS status =
        has_header ? DecryptMessage(context, &description, 0, NULL) : SEC_E_INCOMPLETE_MESSAGE;
    if (status == SEC_E_INCOMPLETE_MESSAGE) {
      if (!Receive(peer, input)) return SEC_E_OK;
      continue;
    }
    if (status != SEC_E_OK) return status;
    const SecBuffer* data = Find(buffers, 4, SECBUFFER_DATA);
    if (data && data->cbBuffer > 0)
      printf("data %.*s\n", (int)data->cbBuffer, (char*)data->pvBuffer);
    KeepExtra(input, Find(buffers, 4, SECBUFFER_EXTRA));
  }
}

int main(int argc, char** argv) {
  static struct Input input;
  CredHandle credential;
  CtxtHandle context = {0, 0};
  if (argc < 2) return 1;
  if (Acquire(argc > 2 && strcmp(argv[2], "tls12") == 0, &credential) != SEC_E_OK) return 3;
  SOCKET peer = Connect(argv[1]);
  const SECURITY_STATUS status = Handshake(&credential, &context, &input, peer);
  printf("handshake 0x%08lx\n", status);
  if (status == SEC_E_OK) {
    PrintSession(&context);
    printf("end 0x%08lx\n", Read(&context, &input, peer));
  }
  closesocket(peer);
  return 0;
}
