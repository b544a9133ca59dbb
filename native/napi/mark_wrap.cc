#include "napi/mark_wrap.h"

#include <iterator>

namespace schannel {

WrapClass MarkWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {Method<MarkWrap, &MarkWrap::Close>("close")};
  return WrapClass(env, "Mark", members, std::size(members));
}

napi_value MarkWrap::Close(const Call&) {
  mark_.Reset();
  return nullptr;
}

}  // namespace schannel
