#include "sspi/security_context.h"

#include <utility>

#include "platform/windows_error.h"
#include "sspi/buffers.h"
#include "sspi/issuer_list.h"

namespace schannel {
namespace {

constexpr char kApplyControlToken[] = "ApplyControlToken";

}  // namespace

SecurityContext::SecurityContext(std::shared_ptr<const Credential> credential,
                                 ContextOptions options)
    : sspi_(credential->sspi()), credential_(std::move(credential)), options_(std::move(options)) {}

Step SecurityContext::Handshake(const std::vector<Bytes>& portions) {
  Step step;
  if (portions.empty()) {
    if (open()) begins_again_ = true;
    const bool begins = !started();
    step.status = Give(nullptr, step).status;
    // "Renegotiating an Schannel Connection": a client that wishes for one has no input. Behind a
    // HelloRequest programs hand in an empty token, and no page says whether it counts as none.
    const bool took_nothing = step.status == SEC_E_INCOMPLETE_MESSAGE && step.token.empty();
    if (open() && took_nothing && role() == Role::kClient) step.status = Call(nullptr, 0, step);
    if (begins && !options_.resumes && step.status == SEC_I_CONTINUE_NEEDED) BeginAgain(step);
    Finish(step);
    return step;
  }
  Bytes joined;
  ByteView pending = portions.front();
  size_t next = 1;
  for (;;) {
    const Answer answer = Give(&pending, step);
    step.status = answer.status;
    if (answer.status == SEC_E_INCOMPLETE_MESSAGE) {
      // Nothing was taken. A message may be spread over records: try again with the next one behind
      // it.
      if (next == portions.size()) break;
      Bytes longer = pending.Copy();
      longer.insert(longer.end(), portions[next].begin(), portions[next].end());
      joined = std::move(longer);
      pending = joined;
      ++next;
      continue;
    }
    // Whatever was read of it is read again with the credential that is chosen.
    if (answer.status == SEC_I_INCOMPLETE_CREDENTIALS) break;
    step.consumed += pending.size - answer.unread;
    if (answer.status != SEC_I_CONTINUE_NEEDED) break;
    if (answer.unread == pending.size) break;  // no progress: repeating it would not end
    pending = pending.Tail(answer.unread);
    if (pending.size != 0)
      continue;  // the peer may wait for what these bytes cause: no reading first
    if (next == portions.size()) break;
    pending = portions[next];
    ++next;
  }
  Finish(step);
  return step;
}

// Until build 22000 Windows looks for a session before it can learn that none should be resumed, so
// that the first hello may name one (dotnet/runtime#126693). That hello is dropped with its
// context, and the second one names none; its own session is not kept either.
void SecurityContext::BeginAgain(Step& step) {
  step.token.clear();
  if (!ForbidReconnects(step)) return;
  context_.Reset();
  step.status = Give(nullptr, step).status;
  if (step.status == SEC_I_CONTINUE_NEEDED && !ForbidReconnects(step)) step.token.clear();
}

// "SCHANNEL_SESSION_TOKEN structure". A refusal becomes the end of the step.
bool SecurityContext::ForbidReconnects(Step& step) {
  SCHANNEL_SESSION_TOKEN token = {SCHANNEL_SESSION, SSL_SESSION_DISABLE_RECONNECTS};
  const SECURITY_STATUS status = ApplyControl(&token, sizeof token);
  if (status == SEC_E_OK) return true;
  step.status = status;
  step.syscall = kApplyControlToken;
  return false;
}

void SecurityContext::SetCredential(std::shared_ptr<const Credential> credential) {
  if (credential != nullptr) chosen_ = std::move(credential);
  // Without it a server that accepts nothing of it could ask forever.
  options_.request_flags |= ISC_REQ_USE_SUPPLIED_CREDS;
}

UniqueCertificate SecurityContext::PeerCertificate() const {
  if (!peer_) return QueryPeerCertificate(context_);
  return UniqueCertificate(*peer_ ? CertDuplicateCertificateContext(peer_->get()) : nullptr);
}

Step SecurityContext::Shutdown() {
  DWORD token = SCHANNEL_SHUTDOWN;
  return SendControlToken(&token, sizeof token);
}

Step SecurityContext::Alert(DWORD description) {
  SCHANNEL_ALERT_TOKEN token = {SCHANNEL_ALERT, TLS1_ALERT_FATAL, description};
  return SendControlToken(&token, sizeof token);
}

// "Shutting Down an Schannel Connection": announce it, then have the record made by the side's own
// function, without input.
Step SecurityContext::SendControlToken(void* token, size_t size) {
  Step step;
  step.syscall = kApplyControlToken;
  if (!started()) {
    step.status = SEC_E_INVALID_HANDLE;  // what Windows would say, were it safe to ask
    return step;
  }
  step.status = ApplyControl(token, size);
  if (step.status != SEC_E_OK) return step;
  step.status = Call(nullptr, 0, step);
  return step;
}

SECURITY_STATUS SecurityContext::ApplyControl(void* token, size_t size) {
  BufferSet<1> buffers;  // exactly one, else SEC_E_INVALID_TOKEN
  buffers.Set(0, SECBUFFER_TOKEN, token, size);
  return sspi_.ApplyControlToken(raw(), buffers.desc());
}

// The server asks for a certificate that the credential does not have. Without
// ISC_REQ_USE_SUPPLIED_CREDS the caller chooses one now, and the trip ends with that status. With
// the flag, Windows should not ask. If it does, a second call answers that there is nothing to
// choose from, and if it asks again, the trip ends.
SecurityContext::Answer SecurityContext::Give(const ByteView* input, Step& step) {
  const Answer answer = GiveOnce(input, 0, step);
  const bool chooses = (options_.request_flags & ISC_REQ_USE_SUPPLIED_CREDS) == 0;
  if (answer.status != SEC_I_INCOMPLETE_CREDENTIALS || chooses) return answer;
  return GiveOnce(input, ISC_REQ_USE_SUPPLIED_CREDS, step);
}

SecurityContext::Answer SecurityContext::GiveOnce(const ByteView* input, DWORD additional_flags,
                                                  Step& step) {
  // ALPN belongs to every call that may make the context: for a server each one until its peer's
  // hello is complete.
  const bool offers = !started() && !options_.alpn.empty();
  if (!started() && role() == Role::kClient) {
    // "InitializeSecurityContext (Schannel)": no input but the ALPN offer.
    BufferSet<1> buffers;
    buffers.Set(0, SECBUFFER_APPLICATION_PROTOCOLS, options_.alpn.data(), options_.alpn.size());
    return {Call(offers ? buffers.desc() : nullptr, additional_flags, step), 0};
  }
  // Two buffers always: without the empty one, bytes left over could not be reported and the call
  // would fail.
  BufferSet<3> buffers;
  const ByteView bytes = input == nullptr ? ByteView() : *input;
  buffers.Set(0, SECBUFFER_TOKEN, bytes.data, bytes.size);
  if (offers) {
    buffers.Set(2, SECBUFFER_APPLICATION_PROTOCOLS, options_.alpn.data(), options_.alpn.size());
  } else {
    buffers.desc()->cBuffers = 2;
  }
  const SECURITY_STATUS status = Call(buffers.desc(), additional_flags, step);
  // "Extra Buffers Returned by Schannel": only the count is meaningful, it is counted from the end.
  const SecBuffer* extra = buffers.Find(SECBUFFER_EXTRA);
  const size_t unread = extra == nullptr ? 0 : extra->cbBuffer;
  return {status, unread < bytes.size ? unread : bytes.size};
}

SECURITY_STATUS SecurityContext::Call(SecBufferDesc* input, DWORD additional_flags, Step& step) {
  TokenBuffers output(sspi_);
  SspiHandle fresh = {{0, 0}, &sspi_};
  const PCtxtHandle current = started() ? raw() : nullptr;
  const PCtxtHandle next = current != nullptr ? current : &fresh.handle;
  SECURITY_STATUS status = CallSide(current, next, input, additional_flags, output.desc(), step);
  // After a failed first call the handle means nothing and must not be deleted.
  if (current == nullptr && status >= 0) context_.Reset(fresh);

  if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
    const bool more = status == SEC_I_COMPLETE_AND_CONTINUE;
    step.syscall = "CompleteAuthToken";
    status = sspi_.CompleteAuthToken(raw(), output.desc());
    if (status == SEC_E_OK && more) status = SEC_I_CONTINUE_NEEDED;
  }
  ByteView token = output.Find(SECBUFFER_TOKEN);
  // With ISC_REQ_EXTENDED_ERROR or ASC_REQ_EXTENDED_ERROR a failure may leave its alert in either
  // buffer.
  if (token.size == 0 && status < 0) token = output.Find(SECBUFFER_ALERT);
  step.token.insert(step.token.end(), token.data, token.data + token.size);
  return status;
}

// The one call in which the sides differ.
SECURITY_STATUS SecurityContext::CallSide(PCtxtHandle current, PCtxtHandle next,
                                          SecBufferDesc* input, DWORD additional_flags,
                                          SecBufferDesc* output, Step& step) {
  const PCredHandle credential = (chosen_ != nullptr ? chosen_ : credential_)->handle();
  const DWORD flags = options_.request_flags | additional_flags;
  ULONG attributes = 0;
  if (role() == Role::kServer) {
    step.syscall = "AcceptSecurityContext";
    return sspi_.AcceptSecurityContext(credential, current, input, flags, 0, next, output,
                                       &attributes, nullptr);
  }
  step.syscall = "InitializeSecurityContextW";
  SEC_WCHAR* const target = options_.target_name.empty() ? nullptr : options_.target_name.data();
  return sspi_.InitializeSecurityContextW(credential, current, target, flags, 0, 0, input, 0, next,
                                          output, &attributes, nullptr);
}

// Sizes may differ after a renegotiation, and so may everything else: it is all asked again. A
// ticket or a key update of TLS 1.3 changes none of it, and a peer may send as many as it likes.
void SecurityContext::Finish(Step& step) {
  if (step.status == SEC_I_INCOMPLETE_CREDENTIALS) step.issuers = QueryIssuerList(context_);
  if (step.status != SEC_E_OK || (settled_ && !begins_again_)) return;
  try {
    UniqueCertificate peer = QueryPeerCertificate(context_);
    step.connection = QueryConnection(context_, peer);
    sizes_ = step.connection->sizes;
    peer_ = std::move(peer);
    settled_ = IsTls13(*step.connection);
  } catch (const WindowsError& error) {
    step.status = error.status();
    step.syscall = error.syscall();
  }
}

}  // namespace schannel
