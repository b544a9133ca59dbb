#include "double/callbacks.h"

#include <algorithm>
#include <cstring>

#include "double/context.h"

namespace schannel_double {
namespace {

DoubleContext* Of(const SSL* ssl) { return static_cast<DoubleContext*>(SSL_get_app_data(ssl)); }

void OnMessage(int written, int, int type, const void* data, size_t size, SSL*, void* argument) {
  auto& context = *static_cast<DoubleContext*>(argument);
  const auto* bytes = static_cast<const uint8_t*>(data);
  if (written != 0) {
    if (type == SSL3_RT_HEADER) context.CountWritten(bytes[0]);
    if (type == SSL3_RT_CHANGE_CIPHER_SPEC) context.CountWritten(-1);
    if (type == SSL3_RT_HANDSHAKE && size != 0 && bytes[0] == SSL3_MT_KEY_UPDATE) {
      context.CountWritten(-2);
    }
    return;
  }
  Seen& seen = context.seen;
  if (type == SSL3_RT_INNER_CONTENT_TYPE) seen.inner = bytes[0];
  if (type == SSL3_RT_HANDSHAKE && size >= 4) {
    seen.handshake = bytes[0];
    seen.longest = std::max(seen.longest, size - 4);
  }
  if (type == SSL3_RT_ALERT && size == 2) {
    seen.alert = bytes[1];
  }
}

int ChooseAlpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
               const unsigned char* in, unsigned in_size, void*) {
  const ByteView own(Of(ssl)->alpn_offer);
  if (own.size == 0) return SSL_TLSEXT_ERR_NOACK;
  // The server's order decides. [names 4]
  for (size_t at = 0; at < own.size; at += 1 + size_t{own.data[at]}) {
    for (size_t other = 0; other < in_size; other += 1 + size_t{in[other]}) {
      if (own.data[at] != in[other] ||
          std::memcmp(own.data + at + 1, in + other + 1, own.data[at]) != 0) {
        continue;
      }
      *out = in + other + 1;
      *out_size = in[other];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // [names 5]
}

int AskCertificate(SSL* ssl, void*) { return Of(ssl)->OnCertificate(); }

void LogSecret(const SSL* ssl, const char* line) {
  if (DoubleContext* context = Of(ssl)) context->OnSecret(line);
}

int KeepSession(SSL* ssl, SSL_SESSION* session) {
  DoubleContext* const context = Of(ssl);
  if (context == nullptr || context->server) return 0;
  DoubleCredential& credential = *context->credential;
  if (context->ResumesNothing()) return 0;
  const std::lock_guard<std::mutex> guard(credential.mutex);
  credential.sessions[context->target] = Session(session);
  return 1;
}

// [certificates 6]
bool Accepts(const STACK_OF(X509_NAME) * names, const Identity& identity) {
  if (names == nullptr || sk_X509_NAME_num(names) == 0) return true;
  const auto named = [names](X509* certificate) {
    for (int index = 0; index < sk_X509_NAME_num(names); ++index) {
      if (X509_NAME_cmp(sk_X509_NAME_value(names, index), X509_get_issuer_name(certificate)) == 0) {
        return true;
      }
    }
    return false;
  };
  if (named(identity.leaf.get())) return true;
  return std::any_of(identity.chain.begin(), identity.chain.end(),
                     [&named](const Cert& each) { return named(each.get()); });
}

}  // namespace

void InstallCallbacks(DoubleContext& context) {
  SSL* const ssl = context.ssl();
  SSL_CTX* const ctx = context.credential->ctx.get();
  SSL_set_app_data(ssl, &context);
  SSL_set_msg_callback(ssl, &OnMessage);
  SSL_set_msg_callback_arg(ssl, &context);
  SSL_CTX_set_keylog_callback(ctx, &LogSecret);
  if (context.server) {
    SSL_CTX_set_alpn_select_cb(ctx, &ChooseAlpn, nullptr);
  } else {
    SSL_CTX_sess_set_new_cb(ctx, &KeepSession);
    SSL_set_cert_cb(ssl, &AskCertificate, nullptr);
  }
}

int DoubleContext::OnCertificate() {
  const DoubleCredential& from = chosen != nullptr ? *chosen : *credential;
  const STACK_OF(X509_NAME)* const names = SSL_get0_peer_CA_list(ssl_.get());
  for (const Identity& identity : from.identities) {
    if (!Accepts(names, identity)) continue;
    SSL_use_certificate(ssl_.get(), identity.leaf.get());
    SSL_use_PrivateKey(ssl_.get(), identity.key.get());
    SSL_clear_chain_certs(ssl_.get());
    for (const Cert& issuer : identity.chain) SSL_add1_chain_cert(ssl_.get(), issuer.get());
    return 1;
  }
  if ((flags & ISC_REQ_USE_SUPPLIED_CREDS) != 0) return 1;  // an empty list [flags 8]
  asked_certificate = true;
  return -1;  // SSL_ERROR_WANT_X509_LOOKUP
}

}  // namespace schannel_double
