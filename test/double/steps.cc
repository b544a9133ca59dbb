// Steps of the handshake.
#include <algorithm>
#include <cstring>

#include "double/context.h"
#include "double/record.h"

namespace schannel_double {

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
  // [names 5]
  if (status == SEC_E_APPLICATION_PROTOCOL_MISMATCH && output.token.size() == 7 &&
      choices.Of(Choice::kAlpnAlert, 2) == 1) {
    output.token.back() = SSL_AD_HANDSHAKE_FAILURE;
  }
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
  if (server && input.has_alpn) alpn_offer = input.alpn.Copy();
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
  return status;
}

// [steps 16]
size_t DoubleContext::LongestMessage() const {
  const bool strangers = server && (flags & ASC_REQ_MUTUAL_AUTH) == 0;
  return strangers ? 16 * 1024 : 32 * 1024;
}

// Whether the messages of the first record end in the input. Only messages in the clear show where
// they end. [steps 15]
bool DoubleContext::HasWholeMessages(ByteView bytes) {
  const bool in_clear = phase_ == Phase::kHandshake && in_clear_;
  // One Windows does the same each time: it can't keep a part of a message, and then want all of
  // it.
  if (!wants_whole_messages_) wants_whole_messages_ = choices.Of(Choice::kPartOfMessage, 2) != 0;
  if (cleared_ != 0 || !in_clear || !*wants_whole_messages_) return true;
  constexpr size_t kMessageHeader = 4;
  Bytes messages;
  ByteView rest = bytes;
  size_t at = 0;  // the first message that isn't known to be whole
  for (;;) {
    const size_t size = WholeRecord(rest);
    if (size == 0) return rest.size == bytes.size;       // less than a record is not judged here
    if (rest.data[0] != SSL3_RT_HANDSHAKE) return true;  // OpenSSL refuses it
    messages.insert(messages.end(), rest.data + kRecordHeader, rest.data + size);
    rest = rest.Tail(rest.size - size);
    while (messages.size() >= at + kMessageHeader) {
      const uint8_t* const message = messages.data() + at;
      const size_t length = size_t{message[1]} << 16 | size_t{message[2]} << 8 | message[3];
      if (messages.size() < at + kMessageHeader + length) break;
      at += kMessageHeader + length;
    }
    if (at == messages.size()) break;
  }
  cleared_ = bytes.size - rest.size;
  return true;
}

// OpenSSL gets one record after the other, so that those behind the last one needed stay unread.
// [unread 1]
SECURITY_STATUS DoubleContext::Advance(ByteView bytes, StepOutput& output) {
  ByteView rest = bytes;
  if (awaiting_credential_) {
    // [certificates 4]
    if (bytes.size == 0 && choices.Of(Choice::kChosenInput, 2) == 1) {
      output.missing = kRecordHeader;
      return SEC_E_INCOMPLETE_MESSAGE;
    }
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
  } else if (!HasWholeMessages(rest)) {
    output.missing = kRecordHeader;
    return SEC_E_INCOMPLETE_MESSAGE;
  }
  std::vector<uint8_t> plain(kMaximum + 256);
  while (const size_t size = WholeRecord(rest)) {
    if (!HasWholeMessages(rest)) break;
    cleared_ -= std::min(cleared_, size);
    if (rest.data[0] == SSL3_RT_CHANGE_CIPHER_SPEC) in_clear_ = false;
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
        if (IsTls13() && choices.Of(Choice::kLateData, 2) == 1) {
          output.unread += size;
          early_.assign(bytes.data + (bytes.size - output.unread), rest.data);
          early_plain_.assign(plain.data(), plain.data() + result);
          phase_ = Phase::kOpen;
          return SEC_E_OK;
        }
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
    if (seen.longest > LongestMessage()) {  // [steps 16]
      phase_ = Phase::kDead;
      return SEC_E_ILLEGAL_MESSAGE;
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

}  // namespace schannel_double
