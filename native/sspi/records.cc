// The data phase of SecurityContext: many records a call, each copied once.

#include "platform/win.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "sspi/buffers.h"
#include "sspi/security_context.h"

namespace schannel {
namespace {

constexpr size_t kRecordHeader = 5;  // RFC 8446 §5.1: type, version, length

// Bytes of the record at the start of `input`, or 0 when it is not all there. Schannel is never
// given less: Wine reads the five header bytes without looking, and Windows' SECBUFFER_MISSING is
// only a hint.
size_t WholeRecord(ByteView input) noexcept {
  if (input.size < kRecordHeader) return 0;
  const size_t size = kRecordHeader + (size_t{input.data[3]} << 8 | input.data[4]);
  return size <= input.size ? size : 0;
}

}  // namespace

Transfer SecurityContext::Encrypt(ByteView input, MutableByteView output) {
  Transfer transfer;
  const size_t overhead = size_t{sizes_.cbHeader} + sizes_.cbTrailer;
  while (transfer.consumed < input.size) {
    const size_t left = input.size - transfer.consumed;
    const size_t count = std::min<size_t>(left, sizes_.cbMaximumMessage);
    if (output.size - transfer.written < overhead + count) {
      transfer.status = SEC_E_BUFFER_TOO_SMALL;
      break;
    }
    size_t produced = 0;
    transfer.status = EncryptRecord({input.data + transfer.consumed, count},
                                    output.data + transfer.written, produced);
    if (transfer.status != SEC_E_OK) break;
    transfer.consumed += count;
    transfer.written += produced;
  }
  return transfer;
}

SECURITY_STATUS SecurityContext::EncryptRecord(ByteView plaintext, uint8_t* output,
                                               size_t& produced) {
  uint8_t* const data = output + sizes_.cbHeader;
  std::memcpy(data, plaintext.data, plaintext.size);
  BufferSet<4> buffers;
  buffers.Set(0, SECBUFFER_STREAM_HEADER, output, sizes_.cbHeader);
  buffers.Set(1, SECBUFFER_DATA, data, plaintext.size);
  buffers.Set(2, SECBUFFER_STREAM_TRAILER, data + plaintext.size, sizes_.cbTrailer);
  const SECURITY_STATUS status = sspi_.EncryptMessage(raw(), 0, buffers.desc(), 0);
  // The trailer given is the largest possible; what was produced is the sum of all three
  // afterwards.
  produced = size_t{buffers[0].cbBuffer} + buffers[1].cbBuffer + buffers[2].cbBuffer;
  return status;
}

Transfer SecurityContext::Decrypt(ByteView input, MutableByteView output, size_t position) {
  Transfer transfer;
  while (const size_t size =
             WholeRecord({input.data + transfer.consumed, input.size - transfer.consumed})) {
    transfer.status = DecryptRecord({input.data + transfer.consumed, size}, output,
                                    position + transfer.written, transfer);
    if (transfer.status != SEC_E_OK) break;
  }
  return transfer;
}

// Schannel decrypts in place and leaves the plaintext behind the record's header. So the record is
// copied to where its header lies before `position`, over plaintext that is put aside for the call:
// then the new plaintext is where it belongs.
SECURITY_STATUS SecurityContext::DecryptRecord(ByteView record, MutableByteView output,
                                               size_t position, Transfer& transfer) {
  std::array<uint8_t, 64> aside;  // the largest header known is 21 bytes
  const size_t room = std::min({size_t{sizes_.cbHeader}, position, aside.size()});
  uint8_t* const plaintext = output.data + position;
  uint8_t* const start = plaintext - room;
  std::memcpy(aside.data(), start, room);
  std::memmove(start, record.data, record.size);  // the output may be the input itself

  BufferSet<4> buffers;  // one DATA and three EMPTY, else SEC_E_INVALID_TOKEN
  buffers.Set(0, SECBUFFER_DATA, start, record.size);
  const SECURITY_STATUS status = sspi_.DecryptMessage(raw(), buffers.desc(), 0, nullptr);

  const auto inside = [start, end = start + record.size](const SecBuffer* buffer) {
    if (buffer == nullptr || buffer->cbBuffer == 0) return false;
    const auto* bytes = static_cast<const uint8_t*>(buffer->pvBuffer);
    return bytes >= start && bytes <= end && buffer->cbBuffer <= static_cast<size_t>(end - bytes);
  };
  const bool has_data =
      status == SEC_E_OK || status == SEC_I_RENEGOTIATE || status == SEC_I_CONTEXT_EXPIRED;
  if (has_data) {
    const SecBuffer* data = buffers.Find(SECBUFFER_DATA);
    const SecBuffer* extra = buffers.Find(SECBUFFER_EXTRA);
    size_t written = 0;
    // Where nothing was decrypted the input itself may still stand there as DATA: no plaintext is
    // at the start.
    if (inside(data) && data->pvBuffer != start) {
      written = data->cbBuffer;
    }
    size_t kept = extra == nullptr ? 0 : std::min<size_t>(extra->cbBuffer, record.size);
    Bytes message;  // of a post-handshake message: rare, and its place may be overlapped by the
                    // plaintext
    if (status == SEC_I_RENEGOTIATE && kept != 0) {
      const auto* bytes = inside(extra) ? static_cast<const uint8_t*>(extra->pvBuffer)
                                        : start + (record.size - kept);
      message.assign(bytes, bytes + kept);
    }
    if (written != 0 && data->pvBuffer != plaintext) {
      std::memmove(plaintext, data->pvBuffer, written);
    }
    if (!message.empty()) std::memcpy(plaintext + written, message.data(), message.size());
    transfer.written += written;
    transfer.extra = message.size();
    // Bytes that Schannel did not read (never seen for a single record) stay in the input.
    transfer.consumed += status == SEC_E_OK ? record.size - kept : record.size;
  }
  std::memcpy(start, aside.data(), room);
  return status;
}

}  // namespace schannel
