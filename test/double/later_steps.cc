// Steps on an open connection: messages after the handshake, and further handshakes.
#include <algorithm>
#include <cstring>

#include "double/context.h"

namespace schannel_double {

// A step that DecryptMessage asked for. OpenSSL has read the message already. The caller has to
// bring it back anyway, byte for byte, since Schannel reads it now. [messages 2]
SECURITY_STATUS DoubleContext::Pending(const StepInput& input, StepOutput& output) {
  const ByteView bytes = input.bytes;
  if (!posted_.empty() && !awaiting_credential_) {
    const size_t common = std::min(bytes.size, posted_.size());
    if (std::memcmp(bytes.data, posted_.data(), common) != 0) {
      Violate("a step after SEC_I_RENEGOTIATE with other bytes than EXTRA had [messages 2]");
      phase_ = Phase::kDead;
      return SEC_E_DECRYPT_FAILURE;
    }
    if (bytes.size < posted_.size()) {
      Violate("a step after SEC_I_RENEGOTIATE with less bytes than EXTRA had [messages 2]");
      output.missing = posted_.size() - bytes.size;
      return SEC_E_INCOMPLETE_MESSAGE;
    }
    output.unread = bytes.size - posted_.size();
  }
  if (IsTls13()) {
    if (asked_certificate) {
      // The server asks for a certificate, and the credential has no fitting one. [messages 13]
      if (awaiting_credential_ || (flags & ISC_REQ_USE_SUPPLIED_CREDS) != 0) {
        asked_certificate = awaiting_credential_ = false;
        const int result = SSL_do_handshake(ssl_.get());
        if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_X509_LOOKUP) {
          return SEC_I_INCOMPLETE_CREDENTIALS;
        }
      } else {
        awaiting_credential_ = true;
        output.unread = 0;
        return SEC_I_INCOMPLETE_CREDENTIALS;
      }
    }
    if (seen.handshake == SSL3_MT_KEY_UPDATE &&
        SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE) {
      // OpenSSL would only answer with the next data that is sent. [messages 8]
      SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(ssl_.get());
    }
    posted_.clear();
    phase_ = Phase::kOpen;
    Collect(output.token);
    if (shut_) {  // [alerts 8]
      output.token.clear();
      if (choices.Of(Choice::kAfterShutdown, 2) == 1) return SEC_I_CONTEXT_EXPIRED;
    }
    return SEC_E_OK;  // [messages 7]
  }
  // TLS 1.2: OpenSSL has answered the HelloRequest or ClientHello already. [messages 7]
  posted_.clear();
  phase_ = Phase::kAsking;
  Collect(output.token);
  return SEC_I_CONTINUE_NEEDED;
}

// A step on an open connection without SEC_I_RENEGOTIATE: the caller starts a renegotiation.
// [messages 9] [messages 11]
SECURITY_STATUS DoubleContext::Renegotiate(const StepInput& input, StepOutput& output) {
  if (input.bytes.size != 0) {
    Violate("a step with input on an open connection, without SEC_I_RENEGOTIATE [unread 2]");
    return SEC_E_INVALID_TOKEN;
  }
  if (shut_) return SEC_E_INCOMPLETE_MESSAGE;  // [alerts 3]
  if (!server && input.has_token && choices.Of(Choice::kEmptyToken, 2) == 1) {
    output.missing = SSL3_RT_HEADER_LENGTH;
    return SEC_E_INCOMPLETE_MESSAGE;
  }
  if (server && (flags & ASC_REQ_MUTUAL_AUTH) != 0) {
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
  }
  int result = 0;
  if (IsTls13()) {
    if (!server || SSL_verify_client_post_handshake(ssl_.get()) != 1) {
      return SEC_E_UNSUPPORTED_FUNCTION;  // [messages 11]
    }
    result = SSL_do_handshake(ssl_.get());
  } else {
    SSL_renegotiate(ssl_.get());
    result = SSL_do_handshake(ssl_.get());
  }
  if (result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    return Failure(true);
  }
  Collect(output.token);
  phase_ = Phase::kAsking;
  return SEC_I_CONTINUE_NEEDED;
}

}  // namespace schannel_double
