// What stands between a caller and a key: a dialog, or missing rights.
#pragma once

#include <string>

#include "double/keys/key_file.h"

namespace schannel_double {

// How the dialog ends that a key needs before each use.
enum class Dialog {
  kNone,           // none is needed
  kOpen,           // the user has not answered, and the call waits
  kAnswered,       // the user has given the PIN or the consent
  kCancelled,      // NTE_USER_CANCELLED
  kCardCancelled,  // SCARD_W_CANCELLED_BY_USER
  kWrongPin,       // SCARD_W_WRONG_CHV
};

// Keys are known by their names, in any provider.
[[nodiscard]] bool SetDialog(const std::wstring& name, const std::string& dialog);

// ERROR_SUCCESS once the key may be used; it waits while the dialog is open. [keys 16] [keys 23]
[[nodiscard]] SECURITY_STATUS AskUser(const Key& key, DWORD flags);
// What a call answers that opens a key which this account may not use. [keys 24]
[[nodiscard]] SECURITY_STATUS DeniedStatus();

}  // namespace schannel_double
