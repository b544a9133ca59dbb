// The data phase of SecurityContext: many records a call, each copied once.

#include "platform/win.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "platform/windows_error.h"
#include "sspi/buffers.h"
#include "sspi/security_context.h"

namespace schannel {
namespace {

constexpr size_t kRecordHeader = 5;    // RFC 8446 §5.1: type, version, length
constexpr size_t kLargestHeader = 64;  // cbHeader; the largest known is 21, of TLS 1.2 with CBC

// Bytes of the record at the start of `input`, or 0 when it is not all there. Schannel is never
// given less: Wine reads the five header bytes without looking, and Windows' SECBUFFER_MISSING is
// only a hint.
size_t WholeRecord(ByteView input) noexcept {
  if (input.size < kRecordHeader) return 0;
  const size_t size = kRecordHeader + (size_t{input.data[3]} << 8 | input.data[4]);
  return size <= input.size ? size : 0;
}

// The same, of a record that begins in `beginning` and goes on in `rest`.
size_t WholeRecord(ByteView beginning, ByteView rest) noexcept {
  if (beginning.size == 0) return WholeRecord(rest);
  const size_t available = beginning.size + rest.size;
  if (available < kRecordHeader) return 0;
  const auto byte = [&](size_t at) -> size_t {
    return at < beginning.size ? beginning.data[at] : rest.data[at - beginning.size];
  };
  const size_t size = kRecordHeader + (byte(3) << 8 | byte(4));
  return size <= available ? size : 0;
}

// A SecBuffer's bytes. It may be absent.
ByteView BytesOf(const SecBuffer* buffer) noexcept {
  if (buffer == nullptr) return {};
  return {static_cast<const uint8_t*>(buffer->pvBuffer), buffer->cbBuffer};
}

// Bytes that are written back at the end of a scope, however that is left: somebody has them.
class PutAside {
 public:
  PutAside(uint8_t* bytes, size_t size) noexcept : bytes_(bytes), size_(size) {
    std::memcpy(copy_.data(), bytes, size);
  }
  PutAside(const PutAside&) = delete;
  PutAside& operator=(const PutAside&) = delete;
  ~PutAside() { std::memcpy(bytes_, copy_.data(), size_); }

 private:
  uint8_t* const bytes_;
  const size_t size_;
  std::array<uint8_t, kLargestHeader> copy_;
};

}  // namespace

Transfer SecurityContext::Encrypt(ByteView input, MutableByteView output) {
  const size_t overhead = size_t{sizes_.cbHeader} + sizes_.cbTrailer;
  const ByteView whole(output.data, output.size);
  const bool in_place = Contains(whole, input) && input.data == output.data + sizes_.cbHeader;
  if (!in_place && Overlap(input, whole)) {
    throw WindowsError(E_INVALIDARG, "output overlaps the input");
  }
  peer_.reset();
  Transfer transfer;
  const size_t gap = in_place ? overhead : 0;
  for (size_t at = 0; at < input.size; at += gap) {
    const size_t count = std::min<size_t>(input.size - at, sizes_.cbMaximumMessage);
    if (output.size - transfer.written < overhead + count) {
      transfer.status = SEC_E_BUFFER_TOO_SMALL;
      break;
    }
    size_t produced = 0;
    transfer.status =
        EncryptRecord({input.data + at, count}, output.data + transfer.written, produced);
    if (transfer.status != SEC_E_OK) break;
    at += count;
    transfer.consumed += count;
    transfer.written += produced;
  }
  // Records that came out shorter than reserved have left the ends of later plaintext behind them.
  if (in_place) {
    uint8_t* const rest = output.data + transfer.written;
    const uint8_t* const end = input.data + input.size;
    if (rest < end) SecureZeroMemory(rest, static_cast<size_t>(end - rest));
  }
  return transfer;
}

SECURITY_STATUS SecurityContext::EncryptRecord(ByteView plaintext, uint8_t* output,
                                               size_t& produced) {
  uint8_t* const data = output + sizes_.cbHeader;
  // It may lie there, or behind that place where records came out shorter than they might have.
  if (data != plaintext.data) std::memmove(data, plaintext.data, plaintext.size);
  BufferSet<4> buffers;
  buffers.Set(0, SECBUFFER_STREAM_HEADER, output, sizes_.cbHeader);
  buffers.Set(1, SECBUFFER_DATA, data, plaintext.size);
  buffers.Set(2, SECBUFFER_STREAM_TRAILER, data + plaintext.size, sizes_.cbTrailer);
  SECURITY_STATUS status = sspi_.EncryptMessage(raw(), 0, buffers.desc(), 0);
  // The trailer given is the largest possible; what was produced is the sum of all three
  // afterwards.
  const uint64_t sum = uint64_t{buffers[0].cbBuffer} + buffers[1].cbBuffer + buffers[2].cbBuffer;
  const bool fits = sum <= size_t{sizes_.cbHeader} + plaintext.size + sizes_.cbTrailer;
  if (status == SEC_E_OK && !fits) status = SEC_E_INTERNAL_ERROR;
  if (status == SEC_E_OK) {
    produced = static_cast<size_t>(sum);
  } else {
    SecureZeroMemory(data, plaintext.size);  // it is a copy
  }
  return status;
}

// How many bytes before `position` a record begins whose plaintext is to lie there.
size_t SecurityContext::RoomBefore(size_t position) const noexcept {
  return std::min({size_t{sizes_.cbHeader}, position, kLargestHeader});
}

Transfer SecurityContext::Decrypt(ByteView input, MutableByteView output, size_t position,
                                  ByteView beginning) {
  const size_t room = RoomBefore(position);
  const size_t reserved = beginning.size + input.size;
  if (position > output.size || output.size - position + room < reserved) {
    throw WindowsError(E_INVALIDARG, "output smaller than the input");
  }
  // The first record is copied to `first`, those behind it to where they lie or before that, since
  // plaintext is never longer than its record: none of them needs more than all of the input does.
  uint8_t* const first = output.data + (position - room);
  const bool in_place = first == input.data && room == sizes_.cbHeader && beginning.size == 0;
  if (!in_place && (Overlap(input, {first, reserved}) || Overlap(beginning, {first, reserved}))) {
    throw WindowsError(E_INVALIDARG, "output overlaps the input");
  }
  size_t size = WholeRecord(beginning, input);
  if (size != 0 && size < beginning.size) {
    throw WindowsError(E_INVALIDARG, "more than one record before the input");
  }
  peer_.reset();
  Transfer transfer;
  while (size != 0) {
    const size_t at = position + transfer.written;
    const size_t count = size - beginning.size;  // bytes of the record in the input
    transfer.status =
        DecryptRecord(beginning, {input.data, count}, output.data + at, RoomBefore(at), transfer);
    if (transfer.status != SEC_E_OK) break;
    input = input.Tail(input.size - count);
    beginning = {};
    size = WholeRecord(input);
  }
  return transfer;
}

// Schannel decrypts in place and leaves the plaintext behind the record's header. So the record is
// copied to where its header lies before `plaintext`, over bytes that are put aside for the call:
// then the new plaintext is where it belongs. A record in two memories becomes one there.
SECURITY_STATUS SecurityContext::DecryptRecord(ByteView beginning, ByteView rest,
                                               uint8_t* plaintext, size_t room,
                                               Transfer& transfer) {
  uint8_t* const start = plaintext - room;
  const size_t size = beginning.size + rest.size;
  const PutAside aside(start, room);
  if (beginning.size != 0) std::memcpy(start, beginning.data, beginning.size);
  // The output may be the input itself. Nothing may be all of the rest, and have no address.
  if (rest.size != 0) std::memmove(start + beginning.size, rest.data, rest.size);
  SECURITY_STATUS status = SEC_E_INVALID_TOKEN;
  // Not so when another thread has written to the input since its length was read.
  if (WholeRecord({start, size}) == size) status = Open({start, size}, plaintext, transfer);
  return status;
}

// Decrypts a record where it lies and moves its plaintext, within the record's memory.
SECURITY_STATUS SecurityContext::Open(MutableByteView record, uint8_t* plaintext,
                                      Transfer& transfer) {
  const ByteView whole(record.data, record.size);
  BufferSet<4> buffers;  // one DATA and three EMPTY, else SEC_E_INVALID_TOKEN
  buffers.Set(0, SECBUFFER_DATA, record.data, record.size);
  const SECURITY_STATUS status = sspi_.DecryptMessage(raw(), buffers.desc(), 0, nullptr);
  const bool has_data =
      status == SEC_E_OK || status == SEC_I_RENEGOTIATE || status == SEC_I_CONTEXT_EXPIRED;
  if (!has_data) return status;

  ByteView data = BytesOf(buffers.Find(SECBUFFER_DATA));
  // Where nothing was decrypted the record itself may still stand there as DATA.
  if (data.data == record.data) data = {};
  // A record that is shorter than cbHeader ends before the place where its plaintext belongs.
  const bool fits = Contains(whole, data) && Contains(whole, {plaintext, data.size});
  if (data.size != 0 && !fits) return SEC_E_INTERNAL_ERROR;

  const ByteView extra = BytesOf(buffers.Find(SECBUFFER_EXTRA));
  const size_t unread = std::min(extra.size, record.size);
  // There is nothing behind a single record. Had Schannel seen its end elsewhere, then all that
  // follows would be cut wrongly.
  if (status == SEC_E_OK && unread != 0) return SEC_E_INTERNAL_ERROR;
  if (status == SEC_I_RENEGOTIATE && unread != 0) {
    // "Extra Buffers Returned by Schannel": the count is what counts, from the end. Copied first,
    // since it may be the whole record, over which the plaintext and what was put aside will lie.
    transfer.message = (Contains(whole, extra) ? extra : whole.Tail(unread)).Copy();
  }
  if (data.size != 0 && data.data != plaintext) std::memmove(plaintext, data.data, data.size);
  transfer.written += data.size;
  transfer.consumed += record.size;
  return status;
}

}  // namespace schannel
