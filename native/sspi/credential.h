// A Schannel credential: the configuration that contexts are made from.
#pragma once

#include "platform/win.h"

#include <functional>
#include <memory>
#include <vector>

#include "handle/handles.h"
#include "platform/at_end.h"
#include "platform/role.h"

namespace schannel {

enum class CredentialStructure : DWORD {
  kSchannelCred = SCHANNEL_CRED_VERSION,      // every Windows; never negotiates TLS 1.3
  kSchCredentials = SCH_CREDENTIALS_VERSION,  // Windows 10 1809
};

struct CredentialOptions {
  Role role =
      Role::kClient;  // good for connections of this side only ("Obtaining Schannel Credentials")
  CredentialStructure structure = CredentialStructure::kSchCredentials;
  DWORD flags = 0;  // SCH_CRED_* and SCH_USE_*
  DWORD protocols =
      0;  // SP_PROT_*: denied by SCH_CREDENTIALS, enabled by SCHANNEL_CRED; 0 = system default
  DWORD session_lifespan = 0;                        // milliseconds; 0 = ten hours
  std::vector<SharedCertificate> certificates = {};  // paCred
  // hRootStore: the authorities that a server names when it asks for a certificate. Null: none.
  std::shared_ptr<const UniqueStore> root_store = {};
};

// Safe to share between threads and contexts ("AcquireCredentialsHandle (Schannel)").
class Credential {
 public:
  // May block for long: a chain is built, keys are opened. Throws WindowsError.
  Credential(const SecurityFunctionTableW& sspi, const CredentialOptions& options);

  // SSPI takes it by non-const pointer and does not write to it.
  [[nodiscard]] PCredHandle handle() const noexcept {
    return const_cast<PCredHandle>(&handle_.get().handle);
  }
  [[nodiscard]] const SecurityFunctionTableW& sspi() const noexcept { return sspi_; }
  [[nodiscard]] Role role() const noexcept { return role_; }
  // SP_PROT_* bits in force after machine policy, 0 if the provider does not report them.
  [[nodiscard]] DWORD supported_protocols() const noexcept { return supported_protocols_; }
  // Has a task run when Windows has the handle back, on the thread that gave it: what the keys of
  // its certificates wait for.
  void WhenReleased(std::function<void()> task) const { released_.Add(std::move(task)); }

 private:
  mutable AtEnd released_;  // the first member, which goes last
  const SecurityFunctionTableW& sspi_;
  const Role role_;
  // Schannel goes on using them: an in-process key lives as long as its context.
  const std::vector<SharedCertificate> certificates_;
  const std::shared_ptr<const UniqueStore> root_store_;
  UniqueCredential handle_;
  DWORD supported_protocols_ = 0;
};

}  // namespace schannel
