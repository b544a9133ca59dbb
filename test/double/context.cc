#include "double/context.h"

#include <algorithm>
#include <cstring>

namespace schannel_double {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr size_t kMaximum = 16384;

size_t WholeRecord(ByteView bytes) {
  if (bytes.size < kRecordHeader) return 0;
  const size_t size = kRecordHeader + (size_t{bytes.data[3]} << 8 | bytes.data[4]);
  return size <= bytes.size ? size : 0;
}

size_t MissingOf(ByteView bytes) {
  if (bytes.size < kRecordHeader) return kRecordHeader - bytes.size;  // [unread 4]
  return kRecordHeader + (size_t{bytes.data[3]} << 8 | bytes.data[4]) - bytes.size;
}

DoubleContext* Of(const SSL* ssl) { return static_cast<DoubleContext*>(SSL_get_app_data(ssl)); }

void OnMessage(int written, int, int type, const void* data, size_t size, SSL*, void* argument) {
  auto& context = *static_cast<DoubleContext*>(argument);
  const auto* bytes = static_cast<const uint8_t*>(data);
  if (written != 0) {
    if (type == SSL3_RT_HEADER) context.CountWritten(bytes[0], size);
    if (type == SSL3_RT_CHANGE_CIPHER_SPEC) context.CountWritten(-1, 0);
    if (type == SSL3_RT_HANDSHAKE && size != 0 && bytes[0] == SSL3_MT_KEY_UPDATE) {
      context.CountWritten(-2, 0);
    }
    return;
  }
  Seen& seen = context.seen;
  if (type == SSL3_RT_INNER_CONTENT_TYPE) seen.inner = bytes[0];
  if (type == SSL3_RT_HANDSHAKE && size != 0) seen.handshake = bytes[0];
  if (type == SSL3_RT_ALERT && size == 2) {
    seen.alert = bytes[1];
    seen.close_notify = bytes[1] == SSL_AD_CLOSE_NOTIFY;
  }
}

int ChooseAlpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
               const unsigned char* in, unsigned in_size, void*) {
  const ByteView own = Of(ssl)->alpn_offer;
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
  if (credential.lifespan == 0xFFFFFFFF) return 0;  // [sessions 2]
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

std::string Narrow(const std::wstring& text) {
  std::string narrow;
  for (const wchar_t c : text) narrow.push_back(static_cast<char>(c));
  return narrow;
}

bool IsAddress(const std::string& name) {
  return name.find(':') != std::string::npos ||
         name.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

SECURITY_STATUS StatusOfAlert(int alert) {
  switch (alert) {  // [alerts 10]
    case 20:
    case 30:
      return SEC_E_MESSAGE_ALTERED;
    case 21:
    case 51:
      return SEC_E_DECRYPT_FAILURE;
    case 42:
    case 43:
    case 46:
      return SEC_E_CERT_UNKNOWN;
    case 44:
      return CRYPT_E_REVOKED;
    case 45:
      return SEC_E_CERT_EXPIRED;
    case 48:
      return SEC_E_UNTRUSTED_ROOT;
    case 49:
      return SEC_E_LOGON_DENIED;
    case 70:
      return SEC_E_UNSUPPORTED_FUNCTION;
    case 71:
      return SEC_E_ALGORITHM_MISMATCH;
    case 80:
      return SEC_E_INTERNAL_ERROR;
    case 90:
      return static_cast<SECURITY_STATUS>(0x80090333);  // SEC_E_UNFINISHED_CONTEXT_DELETED
    case 120:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;  // [alerts 11]
    default:
      return SEC_E_ILLEGAL_MESSAGE;
  }
}

DoubleContext::DoubleContext(std::shared_ptr<DoubleCredential> given, bool is_server,
                             std::wstring name, uint64_t ordinal)
    : server(is_server),
      target(std::move(name)),
      choices(ordinal),
      credential(std::move(given)),
      ssl_(SSL_new(credential->ctx.get())) {
  ++credential->contexts;
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_msg_callback(ssl_.get(), &OnMessage);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  SSL_CTX* const ctx = credential->ctx.get();
  SSL_CTX_set_keylog_callback(ctx, &LogSecret);
  if (server) {
    SSL_CTX_set_alpn_select_cb(ctx, &ChooseAlpn, nullptr);
    SSL_set_accept_state(ssl_.get());
    // [sessions 3]
    const unsigned counts[] = {1, 0, 2};
    const bool none = (credential->flags & SCH_CRED_DISABLE_RECONNECTS) != 0;  // [flags 4]
    SSL_set_num_tickets(ssl_.get(), none ? 0 : counts[choices.Of(Choice::kTickets, 3)]);
  } else {
    SSL_CTX_sess_set_new_cb(ctx, &KeepSession);
    SSL_set_cert_cb(ssl_.get(), &AskCertificate, nullptr);
    SSL_set_post_handshake_auth(ssl_.get(), 1);
    SSL_set_connect_state(ssl_.get());
    const std::string host = Narrow(target);
    // [names 1]
    if (!host.empty() && !IsAddress(host)) SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    if ((credential->flags & 0x700) != 0) {  // the flags for revocation [flags 5]
      SSL_set_tlsext_status_type(ssl_.get(), TLSEXT_STATUSTYPE_ocsp);
    }
    const std::lock_guard<std::mutex> guard(credential->mutex);
    const auto found = credential->sessions.find(target);  // [sessions 1]
    if (found != credential->sessions.end() && credential->lifespan != 0xFFFFFFFF) {
      SSL_set_session(ssl_.get(), found->second.get());
    }
  }
}

DoubleContext::~DoubleContext() {
  SSL_set_app_data(ssl_.get(), nullptr);
  // OpenSSL drops a session from its cache if the connection is freed without a shutdown.
  SSL_set_quiet_shutdown(ssl_.get(), 1);
  SSL_shutdown(ssl_.get());
  ssl_.reset();
  --credential->contexts;
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

void DoubleContext::CountWritten(int type, size_t) {
  if (type == -1) {
    sealed_ = 0;  // TLS 1.2: new keys apply after ChangeCipherSpec
  } else if (type == -2) {
    // Our KeyUpdate is the last record of the old keys, and was counted before this call.
    static const char kLabel[] = "\x00\x30\x11tls13 traffic upd\x00";
    const EVP_MD* const md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl_.get()));
    Bytes label(kLabel, kLabel + sizeof kLabel - 1);
    label[1] = static_cast<uint8_t>(EVP_MD_get_size(md));
    Bytes next(secret_.size());
    EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    EVP_KDF_CTX* const ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int("mode", &mode),
        OSSL_PARAM_construct_utf8_string("digest", const_cast<char*>(EVP_MD_get0_name(md)), 0),
        OSSL_PARAM_construct_octet_string("key", secret_.data(), secret_.size()),
        OSSL_PARAM_construct_octet_string("info", label.data(), label.size()),
        OSSL_PARAM_construct_end()};
    if (EVP_KDF_derive(ctx, next.data(), next.size(), parameters) == 1) secret_ = next;
    EVP_KDF_CTX_free(ctx);
    sealed_ = 0;
  } else {
    ++sealed_;
  }
}

void DoubleContext::OnSecret(const char* line) {
  const std::string text = line;
  const char* const own = server ? "SERVER_TRAFFIC_SECRET_0 " : "CLIENT_TRAFFIC_SECRET_0 ";
  if (text.compare(0, std::strlen(own), own) != 0) return;
  secret_.clear();
  const size_t start = text.rfind(' ') + 1;
  for (size_t at = start; at + 1 < text.size(); at += 2) {
    secret_.push_back(static_cast<uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
  }
  sealed_ = 0;
}

void DoubleContext::Collect(Bytes& token) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  if (size > 0) token.insert(token.end(), data, data + size);
  static_cast<void>(BIO_reset(out_));
}

// [steps 11] [steps 13] [records 9]
SECURITY_STATUS DoubleContext::Failure(bool in_handshake) {
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  phase_ = Phase::kDead;
  if (seen.alert > 0) return StatusOfAlert(seen.alert);
  if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    return StatusOfAlert(reason - SSL_AD_REASON_OFFSET);
  }
  switch (reason) {
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return SEC_E_APPLICATION_PROTOCOL_MISMATCH;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
      return SEC_E_ALGORITHM_MISMATCH;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
      return choices.Of(Choice::kBadRecord, 2) == 0 ? SEC_E_DECRYPT_FAILURE : SEC_E_MESSAGE_ALTERED;
    default:
      return in_handshake ? SEC_E_ILLEGAL_MESSAGE : SEC_E_DECRYPT_FAILURE;
  }
}

SECURITY_STATUS DoubleContext::Begin(StepOutput& output) {
  started_ = true;
  const int result = SSL_do_handshake(ssl_.get());
  return Ended(result, output);
}

// Turns the result of a call into OpenSSL into Schannel's status.
SECURITY_STATUS DoubleContext::Ended(int result, StepOutput& output) {
  const int error = SSL_get_error(ssl_.get(), result);
  // [certificates 3]
  if (error == SSL_ERROR_WANT_X509_LOOKUP) return SEC_I_INCOMPLETE_CREDENTIALS;
  if (result == 1 && SSL_is_init_finished(ssl_.get())) return Finished(output);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_NONE) {
    Collect(output.token);
    return SEC_I_CONTINUE_NEEDED;
  }
  const SECURITY_STATUS status = Failure(true);
  Collect(output.token);  // the alert
  return status;
}

SECURITY_STATUS DoubleContext::Finished(StepOutput& output) {
  Collect(output.token);
  KeepSizes();
  phase_ = Phase::kOpen;
  return SEC_E_OK;
}

SECURITY_STATUS DoubleContext::Step(const StepInput& input, StepOutput& output) {
  Dawdle(choices);  // [calls 7]
  flags = input.flags;
  if (input.credential != credential) {
    // Another credential is only good as an answer to INCOMPLETE_CREDENTIALS. [certificates 5]
    if (!awaiting_credential_ && input.credential != chosen) {
      Violate("a step with another credential that Schannel did not ask for [certificates 5]");
    }
    chosen = input.credential;
  }
  if (phase_ == Phase::kDead) {
    if (control_ == 0) {
      Violate("a step after a failure, where only an alert may follow [steps 11]");
      return SEC_E_INVALID_HANDLE;
    }
  }
  if (control_ != 0) {
    if (input.bytes.size != 0) Violate("a step with input after ApplyControlToken [alerts 2]");
    return MakeAlert(output);
  }
  if (server && input.has_alpn) alpn_offer = input.alpn;
  SECURITY_STATUS status = SEC_E_OK;
  switch (phase_) {
    case Phase::kHandshake:
      if (!started_ && !server) {  // [steps 1]
        if (input.has_alpn) {
          SSL_set_alpn_protos(ssl_.get(), input.alpn.data, static_cast<unsigned>(input.alpn.size));
        }
        if (server) started_ = true;
        return Begin(output);
      }
      started_ = true;
      if (server && (flags & ASC_REQ_MUTUAL_AUTH) != 0) {
        SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);  // [flags 9]
      }
      status = Advance(input.bytes, output);
      break;
    case Phase::kPending:
      status = Pending(input, output);
      break;
    case Phase::kAsking:
      status = Advance(input.bytes, output);
      break;
    default:
      status = Renegotiate(input, output);
      break;
  }
  alpn_offer = {};
  return status;
}

// OpenSSL gets one record after the other, so that those behind the last one needed stay unread.
// [unread 1]
SECURITY_STATUS DoubleContext::Advance(ByteView bytes, StepOutput& output) {
  ByteView rest = bytes;
  if (awaiting_credential_) {
    // [certificates 4]
    const bool again =
        bytes.size >= taken_.size() && std::memcmp(bytes.data, taken_.data(), taken_.size()) == 0;
    if (bytes.size != 0 && !again) {
      Violate("a step after INCOMPLETE_CREDENTIALS with other bytes than before [certificates 4]");
      return SEC_E_ILLEGAL_MESSAGE;
    }
    if (bytes.size != 0) rest = bytes.Tail(bytes.size - taken_.size());
    awaiting_credential_ = false;
    const SECURITY_STATUS status = Ended(SSL_do_handshake(ssl_.get()), output);
    output.unread = rest.size;
    if (status != SEC_I_CONTINUE_NEEDED || rest.size == 0) return status;
  } else if (WholeRecord(rest) == 0) {
    output.missing = MissingOf(rest);
    return SEC_E_INCOMPLETE_MESSAGE;  // also without any input [steps 10]
  }
  std::vector<uint8_t> plain(kMaximum + 256);
  while (const size_t size = WholeRecord(rest)) {
    seen = {};
    BIO_write(in_, rest.data, static_cast<int>(size));
    rest = rest.Tail(rest.size - size);
    output.unread = rest.size;
    const bool first = phase_ == Phase::kHandshake;
    int result = first ? SSL_do_handshake(ssl_.get())
                       : SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    if (!first) {
      if (result > 0) {
        // Application data before the renegotiation has ended. [messages 10]
        phase_ = Phase::kDead;
        return SEC_E_ILLEGAL_MESSAGE;
      }
      const int error = SSL_get_error(ssl_.get(), result);
      if (error == SSL_ERROR_WANT_READ && seen.alert == SSL_AD_NO_RENEGOTIATION) {
        phase_ = Phase::kOpen;
        return SEC_I_NO_RENEGOTIATION;  // [messages 12]
      }
      if (error == SSL_ERROR_WANT_READ && seen.handshake == SSL3_MT_FINISHED &&
          SSL_is_init_finished(ssl_.get())) {
        return Finished(output);
      }
    }
    const SECURITY_STATUS status = Ended(result, output);
    if (status == SEC_I_INCOMPLETE_CREDENTIALS) {
      awaiting_credential_ = true;
      taken_.assign(bytes.data, bytes.data + (bytes.size - rest.size));
      return status;
    }
    if (status != SEC_I_CONTINUE_NEEDED) return status;
    // [unread 3]
    if (!output.token.empty() && choices.Of(Choice::kStopAtFlight, 2) == 1) return status;
  }
  return SEC_I_CONTINUE_NEEDED;
}

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

SECURITY_STATUS DoubleContext::Control(ByteView token) {
  DWORD kind = 0;
  if (token.size < sizeof kind) return SEC_E_UNSUPPORTED_FUNCTION;  // [alerts 1]
  std::memcpy(&kind, token.data, sizeof kind);
  if (kind == SCHANNEL_ALERT) {  // [alerts 6]
    if (token.size < 12) return SEC_E_INVALID_TOKEN;
    DWORD parts[3];
    std::memcpy(parts, token.data, sizeof parts);
    alert_[0] = static_cast<uint8_t>(parts[1]);
    alert_[1] = static_cast<uint8_t>(parts[2]);
    control_ = SCHANNEL_ALERT;
    return SEC_E_OK;
  }
  if (kind == SCHANNEL_SHUTDOWN) {
    alert_[0] = SSL3_AL_WARNING;
    alert_[1] = SSL_AD_CLOSE_NOTIFY;
    control_ = SCHANNEL_SHUTDOWN;
    return SEC_E_OK;
  }
  if (kind == SCHANNEL_SESSION) return SEC_E_OK;  // [sessions 4]
  // SCHANNEL_RENEGOTIATE too [alerts 5]
  return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS DoubleContext::MakeAlert(StepOutput& output) {
  const bool fatal = control_ == SCHANNEL_ALERT;
  control_ = 0;
  if (!SSL_is_init_finished(ssl_.get()) && secret_.empty()) {
    output.token = {21, 3, 3, 0, 2, alert_[0], alert_[1]};  // [alerts 4]
  } else {
    output.token = SealAlert(alert_[0], alert_[1]);
  }
  shut_ = true;
  if (fatal) phase_ = Phase::kDead;
  // [alerts 2]
  return choices.Of(Choice::kShutdown, 2) == 0 ? SEC_E_OK : SEC_I_CONTEXT_EXPIRED;
}

// The sizes are those at the end of the last handshake, since OpenSSL has no current cipher while
// another one runs.
void DoubleContext::Sizes(ULONG& header, ULONG& trailer) const {
  header = header_;
  trailer = trailer_;
}

// [records 10] [records 11]
void DoubleContext::KeepSizes() {
  ULONG& header = header_;
  ULONG& trailer = trailer_;
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl_.get());
  if (IsTls13()) {
    header = 5;
    trailer = 17;  // the content type and the tag
  } else if (SSL_CIPHER_is_aead(cipher) != 0) {
    header = 13;  // with the explicit nonce
    trailer = 16;
  } else {
    header = SSL_version(ssl_.get()) == TLS1_VERSION ? 5 : 21;  // with the IV from TLS 1.1 on
    trailer = 64;
  }
}

SECURITY_STATUS DoubleContext::Encrypt(PSecBufferDesc message) {
  SecBuffer* const buffers = message->pBuffers;
  const bool laid_out = message->cBuffers == 4 &&
                        buffers[0].BufferType == SECBUFFER_STREAM_HEADER &&
                        buffers[1].BufferType == SECBUFFER_DATA &&
                        buffers[2].BufferType == SECBUFFER_STREAM_TRAILER &&
                        buffers[3].BufferType == SECBUFFER_EMPTY && buffers[3].cbBuffer == 0;
  if (!laid_out) {
    Violate("EncryptMessage needs STREAM_HEADER, DATA, STREAM_TRAILER and EMPTY [records 1]");
    return SEC_E_INVALID_TOKEN;
  }
  if (shut_) return SEC_E_CONTEXT_EXPIRED;  // no violation: callers may try [alerts 7]
  if (phase_ != Phase::kOpen) {
    Violate("EncryptMessage while a handshake is pending [messages 6]");
    return SEC_E_CONTEXT_EXPIRED;
  }
  ULONG header = 0, trailer = 0;
  Sizes(header, trailer);
  if (buffers[0].cbBuffer < header || buffers[2].cbBuffer < trailer ||
      buffers[1].cbBuffer > kMaximum) {
    Violate("EncryptMessage: the sizes are not those of STREAM_SIZES [records 2]");
    return SEC_E_BUFFER_TOO_SMALL;
  }
  auto* const data = static_cast<uint8_t*>(buffers[1].pvBuffer);
  Bytes record;
  if (buffers[1].cbBuffer == 0) {
    record = {};  // legal, but OpenSSL writes no empty records
    Violate("EncryptMessage without data, which corrupts memory on Wine [records 4]");
    return SEC_E_OK;
  }
  size_t taken = 0;
  if (SSL_write_ex(ssl_.get(), data, buffers[1].cbBuffer, &taken) != 1 ||
      taken != buffers[1].cbBuffer) {
    return SEC_E_INTERNAL_ERROR;
  }
  Collect(record);
  const size_t count = buffers[1].cbBuffer;
  // Header and trailer are overwritten to their ends, so that a caller that relies on what was
  // there before finds something else. [records 3]
  std::memset(buffers[0].pvBuffer, 0xEE, buffers[0].cbBuffer);
  std::memset(buffers[2].pvBuffer, 0xEE, buffers[2].cbBuffer);
  const size_t used = record.size() - header - count;
  std::memcpy(buffers[0].pvBuffer, record.data(), header);
  std::memcpy(data, record.data() + header, count);
  std::memcpy(buffers[2].pvBuffer, record.data() + header + count, used);
  buffers[0].cbBuffer = header;
  buffers[2].cbBuffer = static_cast<ULONG>(used);
  return SEC_E_OK;
}

SECURITY_STATUS DoubleContext::Decrypt(PSecBufferDesc message) {
  SecBuffer* const buffers = message->pBuffers;
  bool laid_out = message->cBuffers >= 4 && buffers[0].BufferType == SECBUFFER_DATA;
  for (ULONG index = 1; laid_out && index < message->cBuffers; ++index) {
    laid_out = buffers[index].BufferType == SECBUFFER_EMPTY && buffers[index].cbBuffer == 0;
  }
  if (!laid_out) {
    Violate("DecryptMessage needs DATA and then three EMPTY buffers [records 5]");
    return SEC_E_INVALID_TOKEN;
  }
  auto* const start = static_cast<uint8_t*>(buffers[0].pvBuffer);
  const ByteView input(start, buffers[0].cbBuffer);
  if (phase_ == Phase::kPending || phase_ == Phase::kAsking) {
    Violate("DecryptMessage while a handshake is pending [messages 6]");
    return SEC_E_CONTEXT_EXPIRED;
  }
  if (phase_ != Phase::kOpen) {
    Violate("DecryptMessage on a connection that is not open [steps 11]");
    return SEC_E_INVALID_HANDLE;
  }
  const size_t size = WholeRecord(input);
  if (size == 0) {
    // [unread 4]
    const unsigned hint = CurrentProfile().missing_hint ? choices.Of(Choice::kMissing, 3) : 1;
    const ULONG missing = static_cast<ULONG>(MissingOf(input)) + (hint == 2 ? 7 : 0);
    if (hint != 1) {
      buffers[0] = {missing, SECBUFFER_MISSING, nullptr};
      buffers[1] = {missing, SECBUFFER_MISSING, nullptr};
    }
    Violate("DecryptMessage with less than a record [records 8]");
    return SEC_E_INCOMPLETE_MESSAGE;
  }
  const Bytes record(start, start + size);
  const ULONG behind = static_cast<ULONG>(input.size - size);
  seen = {};
  BIO_write(in_, record.data(), static_cast<int>(size));
  std::vector<uint8_t> plain(kMaximum + 256);
  const int result = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  const int error = SSL_get_error(ssl_.get(), result);
  ULONG header = 0, trailer = 0;
  Sizes(header, trailer);
  header = std::min<ULONG>(header, static_cast<ULONG>(size));

  if (result > 0 || (error == SSL_ERROR_WANT_READ && seen.handshake < 0 && seen.alert < 0)) {
    const ULONG count = result > 0 ? static_cast<ULONG>(result) : 0;
    std::memset(start, 0xDD, size);  // nothing of the ciphertext remains [records 6]
    std::memcpy(start + header, plain.data(), count);
    buffers[0] = {header, SECBUFFER_STREAM_HEADER, start};
    buffers[1] = {count, SECBUFFER_DATA, start + header};
    buffers[2] = {static_cast<ULONG>(size) - header - count, SECBUFFER_STREAM_TRAILER,
                  start + header + count};
    // [records 7]
    if (count == 0 && choices.Of(Choice::kEmptyRecord, 2) == 1) {
      buffers[1] = {0, SECBUFFER_EMPTY, nullptr};
    }
    if (behind != 0) buffers[3] = {behind, SECBUFFER_EXTRA, start + size};
    return SEC_E_OK;
  }
  if (error == SSL_ERROR_ZERO_RETURN) {  // [alerts 9]
    std::memset(start, 0xDD, size);
    buffers[0] = {header, SECBUFFER_STREAM_HEADER, start};
    buffers[1] = {0, SECBUFFER_DATA, start + header};
    buffers[2] = {static_cast<ULONG>(size) - header, SECBUFFER_STREAM_TRAILER, start + header};
    if (behind != 0) buffers[3] = {behind, SECBUFFER_EXTRA, start + size};
    return SEC_I_CONTEXT_EXPIRED;
  }
  const bool asks = error == SSL_ERROR_WANT_X509_LOOKUP;
  if (!asks && error != SSL_ERROR_WANT_READ) {
    const SECURITY_STATUS status = Failure(false);
    std::memset(start, 0xDD, size);
    return status;
  }
  if (seen.alert >= 0 && seen.handshake < 0) {
    std::memset(start, 0xDD, size);  // a warning [alerts 12]
    buffers[0] = {header, SECBUFFER_STREAM_HEADER, start};
    buffers[1] = {0, SECBUFFER_DATA, start + header};
    buffers[2] = {static_cast<ULONG>(size) - header, SECBUFFER_STREAM_TRAILER, start + header};
    return SEC_E_OK;
  }
  // A handshake message, which the caller has to give to a step. [messages 1]
  phase_ = Phase::kPending;
  posted_.clear();
  if (IsTls13()) {
    const unsigned form = choices.Of(Choice::kExtraForm, 3);  // [messages 3]
    const ULONG skip = form == 2 ? 5 : 0;
    posted_.assign(record.begin() + skip, record.end());
    const ULONG extra = static_cast<ULONG>(size) - skip + behind;
    void* const where = form == 1 ? nullptr : start + skip;
    const SecBuffer tail = {extra, SECBUFFER_EXTRA, where};
    switch (choices.Of(Choice::kRenegotiateLayout, 3)) {  // [messages 4]
      case 0:
        buffers[0] = {header, SECBUFFER_STREAM_HEADER, start};
        buffers[1] = {0, SECBUFFER_DATA, start + header};
        buffers[2] = {static_cast<ULONG>(size) - header, SECBUFFER_STREAM_TRAILER, start + header};
        buffers[3] = tail;
        break;
      case 1:
        buffers[3] = tail;  // the first buffer is still DATA, with the input
        break;
      default:
        buffers[0] = {0, SECBUFFER_EMPTY, nullptr};
        buffers[1] = tail;
        break;
    }
  } else if (behind != 0) {  // [messages 5]
    buffers[3] = {behind, SECBUFFER_EXTRA, start + size};
  }
  return SEC_I_RENEGOTIATE;
}

}  // namespace schannel_double
