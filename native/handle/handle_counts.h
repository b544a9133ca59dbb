// How many handles of each kind this process owns.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace schannel {

enum class HandleKind : size_t {
  kCredential,
  kContext,
  kCertificate,
  kChain,
  kStore,
  kEngine,
  kKey,
  kWatch,
  kLivenessMarker,
  kLock,
  kFile,
  kService,
  kEventLog,
  kRegistryKey,
  kHttpConfiguration,
  kProxyLookup,
};

inline constexpr size_t kHandleKinds = 16;

inline std::array<std::atomic<int32_t>, kHandleKinds> live_handles = {};

inline std::atomic<int32_t>& LiveHandles(HandleKind kind) noexcept {
  return live_handles[static_cast<size_t>(kind)];
}

}  // namespace schannel
