// QueryContextAttributesW, and the memory it hands out.
#pragma once

#include "platform/win.h"

#include <optional>

#include "handle/handles.h"

namespace schannel {

[[nodiscard]] inline SECURITY_STATUS QueryContext(const UniqueContext& context, ULONG attribute,
                                                  void* out) {
  const SspiHandle& raw = context.get();
  return raw.sspi->QueryContextAttributesW(const_cast<PCtxtHandle>(&raw.handle), attribute, out);
}

// An attribute that this Windows may not offer.
template <typename Attribute>
[[nodiscard]] std::optional<Attribute> QueryOptional(const UniqueContext& context, ULONG attribute,
                                                     Attribute value = {}) {
  if (QueryContext(context, attribute, &value) != SEC_E_OK) return std::nullopt;
  return value;
}

// Memory that a query allocated.
class ContextBuffer {
 public:
  ContextBuffer(const UniqueContext& context, void* memory) noexcept
      : sspi_(*context.get().sspi), memory_(memory) {}
  ContextBuffer(const ContextBuffer&) = delete;
  ContextBuffer& operator=(const ContextBuffer&) = delete;
  ~ContextBuffer() {
    if (memory_ != nullptr) sspi_.FreeContextBuffer(memory_);
  }

 private:
  const SecurityFunctionTableW& sspi_;
  void* memory_;
};

}  // namespace schannel
