// SecBuffer arrays that are built for each call and read by type, since Schannel rewrites
// types and sizes.
#pragma once

#include "platform/win.h"

#include <array>
#include <cstddef>

#include "platform/bytes.h"

namespace schannel {

template <size_t N>
class BufferSet {
 public:
  // All buffers start as SECBUFFER_EMPTY with no bytes: any other size there is
  // SEC_E_INVALID_TOKEN.
  BufferSet() noexcept {
    desc_.ulVersion = SECBUFFER_VERSION;
    desc_.cBuffers = static_cast<ULONG>(N);
    desc_.pBuffers = buffers_.data();
  }
  BufferSet(const BufferSet&) = delete;  // desc_ points into the object
  BufferSet& operator=(const BufferSet&) = delete;

  void Set(size_t index, ULONG type, const void* data, size_t size) noexcept {
    // SSPI has one structure for input and output; which of them are written is known by type.
    buffers_[index] = {static_cast<ULONG>(size), type, const_cast<void*>(data)};
  }

  [[nodiscard]] const SecBuffer* Find(ULONG type) const noexcept {
    for (const SecBuffer& buffer : buffers_) {
      if (buffer.BufferType == type) return &buffer;
    }
    return nullptr;
  }

  [[nodiscard]] const SecBuffer& operator[](size_t index) const noexcept { return buffers_[index]; }
  [[nodiscard]] SecBufferDesc* desc() noexcept { return &desc_; }

 private:
  std::array<SecBuffer, N> buffers_ = {};  // cbBuffer 0, SECBUFFER_EMPTY (0), no bytes
  SecBufferDesc desc_ = {};
};

// What a handshake call hands out with ISC_REQ_ALLOCATE_MEMORY or its twin of a server; freed
// whatever the status was.
class TokenBuffers {
 public:
  explicit TokenBuffers(const SecurityFunctionTableW& sspi) noexcept : sspi_(sspi) {
    buffers_.Set(0, SECBUFFER_TOKEN, nullptr, 0);
    buffers_.Set(1, SECBUFFER_ALERT, nullptr, 0);
  }
  TokenBuffers(const TokenBuffers&) = delete;
  TokenBuffers& operator=(const TokenBuffers&) = delete;
  ~TokenBuffers() {
    for (size_t index = 0; index < 3; ++index) {
      if (buffers_[index].pvBuffer != nullptr) sspi_.FreeContextBuffer(buffers_[index].pvBuffer);
    }
  }

  [[nodiscard]] SecBufferDesc* desc() noexcept { return buffers_.desc(); }

  // The bytes of the first buffer of that type; none when there is no such buffer.
  [[nodiscard]] ByteView Find(ULONG type) const noexcept {
    const SecBuffer* buffer = buffers_.Find(type);
    if (buffer == nullptr || buffer->pvBuffer == nullptr) return {};
    return {static_cast<const uint8_t*>(buffer->pvBuffer), buffer->cbBuffer};
  }

 private:
  const SecurityFunctionTableW& sspi_;
  BufferSet<3> buffers_;
};

}  // namespace schannel
