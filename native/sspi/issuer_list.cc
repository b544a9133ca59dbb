#include "sspi/issuer_list.h"

#include "sspi/context_attribute.h"

namespace schannel {

std::optional<std::vector<Bytes>> QueryIssuerList(const UniqueContext& context) {
  const auto list =
      QueryOptional<SecPkgContext_IssuerListInfoEx>(context, SECPKG_ATTR_ISSUER_LIST_EX);
  if (!list) return std::nullopt;
  const ContextBuffer owner(context, list->aIssuers);
  std::vector<Bytes> names;
  if (list->aIssuers == nullptr) return names;
  names.reserve(list->cIssuers);
  for (DWORD index = 0; index < list->cIssuers; ++index) {
    const CERT_NAME_BLOB& name = list->aIssuers[index];
    names.push_back(ByteView(name.pbData, name.cbData).Copy());
  }
  return names;
}

}  // namespace schannel
