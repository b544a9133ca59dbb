#include "crypt/trust.h"

#include <cstddef>

#include "crypt/memory_store.h"
#include "platform/windows_error.h"

namespace schannel {
namespace {

// Windows takes the sizes it knows and no others: without dwExclusiveFlags it is the structure of
// Windows 7.
constexpr DWORD kSizeOfWindows7 = offsetof(CERT_CHAIN_ENGINE_CONFIG, dwExclusiveFlags);
constexpr DWORD kSizeOfWindows8 = sizeof(CERT_CHAIN_ENGINE_CONFIG);

HCERTCHAINENGINE CreateEngine(const ChainApi& api, HCERTSTORE roots, Anchors anchors) {
  CERT_CHAIN_ENGINE_CONFIG config = {};
  config.cbSize = anchors == Anchors::kAuthorities ? kSizeOfWindows8 : kSizeOfWindows7;
  config.hExclusiveRoot = roots;
  // What is no anchor may still be a link: an intermediate in the list completes chains, as in
  // node:tls.
  config.cAdditionalStore = 1;
  config.rghAdditionalStore = &roots;
  config.dwExclusiveFlags =
      anchors == Anchors::kAuthorities ? CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG : 0;
  HCERTCHAINENGINE engine = nullptr;
  return api.create_engine(&config, &engine) ? engine : nullptr;
}

}  // namespace

Trust::Trust(const ChainApi& api, const std::vector<Bytes>& certificates, Anchors anchors)
    : roots_(MakeMemoryStore(certificates)) {
  HCERTCHAINENGINE engine = CreateEngine(api, roots_.get(), anchors);
  // Windows 7 and Wine 10 do not know the larger structure. There an anchor that is not self-signed
  // leaves the chain incomplete, which refuses more than was asked for and never less.
  if (engine == nullptr && anchors == Anchors::kAuthorities &&
      static_cast<HRESULT>(GetLastError()) == E_INVALIDARG) {
    engine = CreateEngine(api, roots_.get(), Anchors::kRoots);
  }
  if (engine == nullptr) throw LastError("CertCreateCertificateChainEngine");
  engine_.Reset(engine);
}

}  // namespace schannel
