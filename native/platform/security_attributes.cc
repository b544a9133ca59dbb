#include "platform/security_attributes.h"

#include "platform/windows_error.h"

namespace schannel {

SecurityAttributes::SecurityAttributes(const std::wstring& descriptor) {
  attributes_.nLength = sizeof(attributes_);
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
          descriptor.c_str(), SDDL_REVISION_1, &attributes_.lpSecurityDescriptor, nullptr)) {
    throw LastError("ConvertStringSecurityDescriptorToSecurityDescriptorW");
  }
}

SecurityAttributes::~SecurityAttributes() { LocalFree(attributes_.lpSecurityDescriptor); }

}  // namespace schannel
