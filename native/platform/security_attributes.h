// Who may do what with a new object of the kernel.
#pragma once

#include "platform/win.h"

#include <string>

namespace schannel {

class SecurityAttributes {
 public:
  // Of a security descriptor as a string ("Security Descriptor String Format"). Throws
  // WindowsError.
  explicit SecurityAttributes(const std::wstring& descriptor);
  SecurityAttributes(const SecurityAttributes&) = delete;
  SecurityAttributes& operator=(const SecurityAttributes&) = delete;
  ~SecurityAttributes();

  [[nodiscard]] SECURITY_ATTRIBUTES* get() noexcept { return &attributes_; }

 private:
  SECURITY_ATTRIBUTES attributes_ = {};
};

}  // namespace schannel
