// OpenSSL, which Windows' node.exe has inside and exports; on Linux the system's.
#pragma once

#include "platform/win.h"

// Names of wincrypt.h's that OpenSSL has for types; its headers clear them under _WIN32 only.
#undef X509_NAME
#undef X509_EXTENSIONS
#undef PKCS7_ISSUER_AND_SERIAL
#undef PKCS7_SIGNER_INFO
#undef OCSP_REQUEST
#undef OCSP_RESPONSE

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

#include <memory>

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
// The error queue is the thread's own, and on the event loop it is node:crypto's as well. SSL_get_error takes whatever
// lies in it for the reason of the call it is asked about: so it is empty before, and empty again afterwards.
//
// At the end of the process OpenSSL frees what its calls need, while threads of the add-on may be in the middle of one.
// Windows' SSPI has no such end. So the end waits for the calls under way, and holds those that come later.
class OpenSslCall {
 public:
  OpenSslCall();
  OpenSslCall(const OpenSslCall&) = delete;
  OpenSslCall& operator=(const OpenSslCall&) = delete;
  ~OpenSslCall();

  static void WaitAtEnd();
};

}  // namespace schannel_double
