// A set of anchors that replaces those of the system.
#pragma once

#include "platform/win.h"

#include <vector>

#include "crypt/chain_api.h"
#include "handle/handles.h"
#include "platform/bytes.h"

namespace schannel {

enum class Anchors {
  kRoots,        // self-signed certificates only
  kAuthorities,  // any certificate of the set, if this Windows can (Windows 8)
};

// A chain engine with an exclusive root store (Windows 7). Made once and used by many
// verifications, from any thread.
class Trust {
 public:
  // Certificates as DER; none at all means that nothing is trusted. Throws WindowsError.
  Trust(const ChainApi& api, const std::vector<Bytes>& certificates, Anchors anchors);

  [[nodiscard]] HCERTCHAINENGINE engine() const noexcept { return engine_.get(); }

 private:
  // The engine uses the store and so has to go first: members are destroyed from the last to the
  // first.
  UniqueStore roots_;
  UniqueEngine engine_;
};

}  // namespace schannel
