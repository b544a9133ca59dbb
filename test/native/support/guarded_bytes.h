// Bytes between two inaccessible pages: reading or writing beside them faults.
#pragma once

#include "platform/win.h"

#include "platform/bytes.h"

namespace test {

// Where the bytes touch their page's border; beside the other edge there may be unused ones.
enum class Edge { kStart, kEnd };

class GuardedBytes {
 public:
  explicit GuardedBytes(schannel::ByteView bytes, Edge edge = Edge::kEnd);
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes();

  [[nodiscard]] uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] schannel::ByteView view() const noexcept { return {data_, size_}; }
  [[nodiscard]] schannel::MutableByteView writable() const noexcept { return {data_, size_}; }

 private:
  void* pages_;
  uint8_t* data_;
  size_t size_;
};

}  // namespace test
