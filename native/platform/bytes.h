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

// `inner` lies in `outer`, wherever either of them is. Compared as numbers, since pointers into
// different memories have no order.
[[nodiscard]] inline bool Contains(ByteView outer, ByteView inner) noexcept {
  const auto begin = reinterpret_cast<uintptr_t>(outer.data);
  const auto at = reinterpret_cast<uintptr_t>(inner.data);
  return at >= begin && at - begin <= outer.size && inner.size <= outer.size - (at - begin);
}

// They have a byte in common.
[[nodiscard]] inline bool Overlap(ByteView a, ByteView b) noexcept {
  const auto first = reinterpret_cast<uintptr_t>(a.data);
  const auto second = reinterpret_cast<uintptr_t>(b.data);
  return first < second ? second - first < a.size && b.size != 0
                        : first - second < b.size && a.size != 0;
}

}  // namespace schannel
