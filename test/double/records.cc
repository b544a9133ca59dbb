// EncryptMessage, DecryptMessage and the sizes of their buffers.
#include <algorithm>
#include <cstring>

#include "double/context.h"
#include "double/record.h"

namespace schannel_double {

// The sizes are those at the end of the last handshake, since OpenSSL has no current cipher while
// another one runs. [records 10] [records 11] [records 12]
void DoubleContext::KeepSizes() {
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl_.get());
  maximum_ = choices.Of(Choice::kMaximum, 2) == 0 ? kMaximum : kMaximum - 30;
  if (IsTls13()) {
    header_ = 5;
    trailer_ = choices.Of(Choice::kTrailer, 2) == 0 ? 17 : 32;  // the content type and the tag
  } else if (SSL_CIPHER_is_aead(cipher) != 0) {
    header_ = 13;  // with the explicit nonce
    trailer_ = 16;
  } else {
    header_ = SSL_version(ssl_.get()) == TLS1_VERSION ? 5 : 21;  // with the IV from TLS 1.1 on
    trailer_ = 64;
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
  if (mute_) return SEC_E_CONTEXT_EXPIRED;  // [alerts 13]
  const ULONG header = header_;
  if (buffers[0].cbBuffer < header || buffers[2].cbBuffer < trailer_ ||
      buffers[1].cbBuffer > maximum_) {
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

// Decrypts a record, which a step may have done already. [messages 10]
int DoubleContext::Read(const Bytes& record, Bytes& plain) {
  if (!early_.empty()) {
    if (record != early_) Violate("DecryptMessage with another record than EXTRA had [unread 2]");
    std::copy(early_plain_.begin(), early_plain_.end(), plain.begin());
    const int size = static_cast<int>(early_plain_.size());
    early_.clear();
    return size;
  }
  BIO_write(in_, record.data(), static_cast<int>(record.size()));
  return SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
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
  Bytes plain(kMaximum + 256);
  const int result = Read(record, plain);
  const int error = SSL_get_error(ssl_.get(), result);
  const ULONG header = std::min<ULONG>(header_, static_cast<ULONG>(size));

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
    mute_ = Choices::Fixed(Choice::kPeersClose, 2) == 1;
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
