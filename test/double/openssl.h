// OpenSSL. The node.exe of Windows contains and exports it; on Linux it is that of the system.
#pragma once

#include "platform/win.h"

// wincrypt.h defines these names as macros, and OpenSSL uses them for types. OpenSSL's headers
// undefine them only if _WIN32 is defined.
#undef X509_NAME
#undef X509_EXTENSIONS
#undef PKCS7_ISSUER_AND_SERIAL
#undef PKCS7_SIGNER_INFO
#undef OCSP_REQUEST
#undef OCSP_RESPONSE

#include <memory>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/ocsp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// The headers may be older than the OpenSSL that node.exe contains, which has these from 3.2 on.
#ifndef SSL_OP_NO_TX_CERTIFICATE_COMPRESSION
#define SSL_OP_NO_TX_CERTIFICATE_COMPRESSION SSL_OP_BIT(32)
#define SSL_OP_NO_RX_CERTIFICATE_COMPRESSION SSL_OP_BIT(33)
#endif

namespace schannel_double {

template <typename T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* object) const { kFree(object); }
};
using SslCtx = std::unique_ptr<SSL_CTX, Freed<SSL_CTX, SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<SSL, SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION, SSL_SESSION_free>>;
using PKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509, X509_free>>;

// A call into OpenSSL.
//
// Each thread has an error queue, which node:crypto uses on the event loop as well. SSL_get_error
// takes what is in the queue for the error of the last call. So the queue is emptied before a call
// and after it.
//
// At the end of the process OpenSSL frees what its calls need, although threads of the add-on may
// be in the middle of one. SSPI does nothing like it. So the end waits for the calls under way, and
// later calls never return.
class OpenSslCall {
 public:
  OpenSslCall();
  OpenSslCall(const OpenSslCall&) = delete;
  OpenSslCall& operator=(const OpenSslCall&) = delete;
  ~OpenSslCall();

  static void WaitAtEnd();
};

}  // namespace schannel_double
