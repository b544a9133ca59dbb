#include "double/context.h"

#include "double/callbacks.h"

namespace schannel_double {
namespace {

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
  InstallCallbacks(*this);
  if (server) {
    SSL_set_accept_state(ssl_.get());
    // [sessions 3]
    const unsigned counts[] = {1, 0, 2};
    const bool none = (credential->flags & SCH_CRED_DISABLE_RECONNECTS) != 0;  // [flags 4]
    SSL_set_num_tickets(ssl_.get(), none ? 0 : counts[choices.Of(Choice::kTickets, 3)]);
  } else {
    // [messages 14]
    SSL_set_post_handshake_auth(ssl_.get(), choices.Of(Choice::kOffersPha, 2) == 0 ? 1 : 0);
    SSL_set_connect_state(ssl_.get());
    const std::string host = Narrow(target);
    // [names 1]
    if (!host.empty() && !IsAddress(host)) SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    if ((credential->flags & 0x700) != 0) {  // the flags for revocation [flags 5]
      SSL_set_tlsext_status_type(ssl_.get(), TLSEXT_STATUSTYPE_ocsp);
    }
    const std::lock_guard<std::mutex> guard(credential->mutex);
    const auto found = credential->sessions.find(target);  // [sessions 1]
    if (found != credential->sessions.end() && !ResumesNothing()) {
      SSL_SESSION* const session = found->second.get();
      const bool is_13 = SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION;
      // [sessions 5]
      if (!is_13 || choices.Of(Choice::kResumes13, 2) == 0) SSL_set_session(ssl_.get(), session);
    }
  }
}

// [sessions 2] [sessions 4]
bool DoubleContext::ResumesNothing() const {
  const unsigned what = MachineChoice(Choice::kNoResumption, 3);
  return (what != 1 && credential->lifespan == 0xFFFFFFFF) || (what != 2 && forbids_resumption_);
}

DoubleContext::~DoubleContext() {
  SSL_set_app_data(ssl_.get(), nullptr);
  // OpenSSL drops a session from its cache if the connection is freed without a shutdown.
  SSL_set_quiet_shutdown(ssl_.get(), 1);
  SSL_shutdown(ssl_.get());
  ssl_.reset();
  --credential->contexts;
}

void DoubleContext::Collect(Bytes& token) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  if (size > 0) token.insert(token.end(), data, data + size);
  static_cast<void>(BIO_reset(out_));
}

}  // namespace schannel_double
