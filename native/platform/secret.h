// Bytes that must not outlive their use: key blobs, passwords, plaintext.
#pragma once

#include "platform/win.h"

#include <utility>

#include "platform/bytes.h"

namespace schannel {

// Never grows, so that no copy is left behind in memory that was given back.
class Secret {
 public:
  Secret() = default;
  explicit Secret(size_t size) : bytes_(size) {}
  explicit Secret(ByteView bytes) : bytes_(bytes.Copy()) {}
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, Bytes())) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { Wipe(0); }

  [[nodiscard]] uint8_t* data() noexcept { return bytes_.data(); }
  [[nodiscard]] const uint8_t* data() const noexcept { return bytes_.data(); }
  [[nodiscard]] size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] ByteView view() const noexcept { return {bytes_.data(), bytes_.size()}; }

  // Wipes and drops what is behind the first `size` bytes.
  void Shrink(size_t size) noexcept {
    Wipe(size);
    bytes_.resize(size);
  }

 private:
  void Wipe(size_t from) noexcept {
    if (from < bytes_.size()) SecureZeroMemory(bytes_.data() + from, bytes_.size() - from);
  }

  Bytes bytes_;
};

}  // namespace schannel
