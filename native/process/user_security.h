// What belongs to one user of the machine.
#pragma once

#include "platform/win.h"

#include <string>

#include "platform/security_attributes.h"
#include "process/kernel_api.h"

namespace schannel {

// The user of this process: "S-1-5-21-…". Throws WindowsError.
[[nodiscard]] std::wstring UserSid();

// Whether this process runs in an app container, which has no 'Global\\' and a private 'Local\\'.
// Throws WindowsError.
[[nodiscard]] bool IsAppContainer(const KernelApi& api);

// Lets one user in, at whatever level of integrity, and the system; an object without it would be
// closed to the user's processes once an elevated one has made it.
class UserSecurity {
 public:
  // Throws WindowsError.
  explicit UserSecurity(const std::wstring& sid);

  [[nodiscard]] SECURITY_ATTRIBUTES* get() noexcept { return attributes_.get(); }

 private:
  SecurityAttributes attributes_;
};

}  // namespace schannel
