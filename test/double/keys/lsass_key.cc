#include <atomic>

#include "double/credential.h"
#include "double/keys/certificate_key.h"
#include "double/keys/csp_key.h"
#include "double/keys/key_file.h"
#include "double/keys/key_rights.h"
#include "double/keys/key_tpm.h"

namespace schannel_double {
namespace {

std::atomic<unsigned> hidden{0};

bool TakeHidden() {
  unsigned left = hidden;
  while (left != 0 && !hidden.compare_exchange_weak(left, left - 1)) {
  }
  return left != 0;
}

}  // namespace

void HideLsassKeys(unsigned times) { hidden = times; }

SECURITY_STATUS LsassKey(PCCERT_CONTEXT certificate, PKey& key) {
  if (TakeHidden()) return CurrentProfile().no_container;  // [credentials 17]
  Bytes memory;
  // A key that hangs on the certificate as a handle does not count. [keys 2] [credentials 10]
  if (!LocationOf(certificate, memory)) return SEC_E_NO_CREDENTIALS;
  const auto& info = *reinterpret_cast<const CRYPT_KEY_PROV_INFO*>(memory.data());
  if (info.dwProvType == 0) {
    Key stored;
    stored.provider.name = info.pwszProvName == nullptr ? kSoftwareProvider : info.pwszProvName;
    stored.provider.tpm = stored.provider.name == kPlatformProvider;
    stored.name = info.pwszContainerName;
    stored.machine = (info.dwFlags & CRYPT_MACHINE_KEYSET) != 0;
    const bool found = Load(stored);
    if (found && !MayUse(stored)) return SEC_E_UNKNOWN_CREDENTIALS;  // [keys 24]
    if (found) key = stored.provider.tpm ? InTpm(std::move(stored.pkey)) : std::move(stored.pkey);
  } else {
    key = FromContainer(info);
  }
  // [credentials 11]
  return key == nullptr ? CurrentProfile().no_container : SEC_E_OK;
}

}  // namespace schannel_double
