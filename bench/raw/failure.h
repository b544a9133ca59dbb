#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace limit {

// A Windows call that failed: `syscall failed: 0x80090304`.
class Failure : public std::runtime_error {
 public:
  Failure(const char* syscall, unsigned long status)
      : std::runtime_error(Describe(syscall, status)) {}

 private:
  static std::string Describe(const char* syscall, unsigned long status) {
    char text[128];
    std::snprintf(text, sizeof text, "%s failed: 0x%08lx", syscall, status);
    return text;
  }
};

}  // namespace limit
