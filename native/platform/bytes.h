// Byte sequences: one owner, two views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace schannel {

using Bytes = std::vector<uint8_t>;

// Bytes of someone else's that are only read.
struct ByteView {
  const uint8_t* data = nullptr;
  size_t size = 0;

  ByteView() = default;
  ByteView(const uint8_t* bytes, size_t count) : data(bytes), size(count) {}
  ByteView(const Bytes& bytes) : data(bytes.data()), size(bytes.size()) {}  // NOLINT: a view of it

  [[nodiscard]] ByteView Tail(size_t count) const { return {data + (size - count), count}; }
  [[nodiscard]] Bytes Copy() const { return data == nullptr ? Bytes() : Bytes(data, data + size); }
};

// Bytes of someone else's that are written.
struct MutableByteView {
  uint8_t* data = nullptr;
  size_t size = 0;
};

}  // namespace schannel
