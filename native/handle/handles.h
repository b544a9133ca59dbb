// A type for each kind of handle, with its one release call.
#pragma once

#include "platform/win.h"

#include <memory>

#include "handle/unique_handle.h"

namespace schannel {

// A credential or context handle together with the provider it belongs to. The provider is a table
// of functions: Windows' own (InitSecurityInterfaceW), or a scripted one in a test.
struct SspiHandle {
  SecHandle handle;
  const SecurityFunctionTableW* sspi;
};

struct SspiHandleTraits {
  using Raw = SspiHandle;
  static Raw Empty() noexcept { return {{0, 0}, nullptr}; }
  // Zero is a legal handle value, a missing provider is not.
  static bool Valid(const Raw& raw) noexcept { return raw.sspi != nullptr; }
};

struct CredentialTraits : SspiHandleTraits {
  static constexpr HandleKind kKind = HandleKind::kCredential;
  static void Free(Raw& raw) noexcept { raw.sspi->FreeCredentialsHandle(&raw.handle); }
};
using UniqueCredential = UniqueHandle<CredentialTraits>;

struct ContextTraits : SspiHandleTraits {
  static constexpr HandleKind kKind = HandleKind::kContext;
  static void Free(Raw& raw) noexcept { raw.sspi->DeleteSecurityContext(&raw.handle); }
};
using UniqueContext = UniqueHandle<ContextTraits>;

template <typename Pointer>
struct PointerTraits {
  using Raw = Pointer;
  static Raw Empty() noexcept { return nullptr; }
  static bool Valid(Raw raw) noexcept { return raw != nullptr; }
};

// CertEnumCertificatesInStore frees the certificate it is given: never hand it an owned one.
struct CertificateTraits : PointerTraits<PCCERT_CONTEXT> {
  static constexpr HandleKind kKind = HandleKind::kCertificate;
  static void Free(Raw raw) noexcept { CertFreeCertificateContext(raw); }
};
using UniqueCertificate = UniqueHandle<CertificateTraits>;
// What jobs, credentials and JavaScript hold together.
using SharedCertificate = std::shared_ptr<const UniqueCertificate>;

struct ChainTraits : PointerTraits<PCCERT_CHAIN_CONTEXT> {
  static constexpr HandleKind kKind = HandleKind::kChain;
  static void Free(Raw raw) noexcept { CertFreeCertificateChain(raw); }
};
using UniqueChain = UniqueHandle<ChainTraits>;

struct StoreTraits : PointerTraits<HCERTSTORE> {
  static constexpr HandleKind kKind = HandleKind::kStore;
  static void Free(Raw raw) noexcept { CertCloseStore(raw, 0); }
};
using UniqueStore = UniqueHandle<StoreTraits>;

struct EngineTraits : PointerTraits<HCERTCHAINENGINE> {
  static constexpr HandleKind kKind = HandleKind::kEngine;
  static void Free(Raw raw) noexcept { CertFreeCertificateChainEngine(raw); }
};
using UniqueEngine = UniqueHandle<EngineTraits>;

template <HandleKind kHandleKind>
struct KernelObjectTraits : PointerTraits<HANDLE> {
  static constexpr HandleKind kKind = kHandleKind;
  static void Free(Raw raw) noexcept { CloseHandle(raw); }
};
using UniqueLivenessMarker = UniqueHandle<KernelObjectTraits<HandleKind::kLivenessMarker>>;
using UniqueMutex = UniqueHandle<KernelObjectTraits<HandleKind::kLock>>;

struct FileTraits {
  using Raw = HANDLE;
  static constexpr HandleKind kKind = HandleKind::kFile;
  static Raw Empty() noexcept { return INVALID_HANDLE_VALUE; }
  static bool Valid(Raw raw) noexcept { return raw != INVALID_HANDLE_VALUE; }
  static void Free(Raw raw) noexcept { CloseHandle(raw); }
};
using UniqueFile = UniqueHandle<FileTraits>;

}  // namespace schannel
