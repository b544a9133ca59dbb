// Borders of records, which their headers say (RFC 8446 §5.1).
#pragma once

#include "platform/bytes.h"

namespace schannel_double {

constexpr size_t kRecordHeader = 5;
constexpr size_t kMaximum = 16384;

// The size of the record that the bytes begin with; 0 if it isn't whole.
inline size_t WholeRecord(schannel::ByteView bytes) {
  if (bytes.size < kRecordHeader) return 0;
  const size_t size = kRecordHeader + (size_t{bytes.data[3]} << 8 | bytes.data[4]);
  return size <= bytes.size ? size : 0;
}

// How many bytes the header or the record lacks. [unread 4]
inline size_t MissingOf(schannel::ByteView bytes) {
  if (bytes.size < kRecordHeader) return kRecordHeader - bytes.size;
  return kRecordHeader + (size_t{bytes.data[3]} << 8 | bytes.data[4]) - bytes.size;
}

}  // namespace schannel_double
