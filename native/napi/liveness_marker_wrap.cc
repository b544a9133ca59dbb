#include "napi/liveness_marker_wrap.h"

#include <iterator>

namespace schannel {

WrapClass LivenessMarkerWrap::Define(napi_env env) {
  const napi_property_descriptor members[] = {
      Method<LivenessMarkerWrap, &LivenessMarkerWrap::Close>("close")};
  return WrapClass(env, "LivenessMarker", members, std::size(members));
}

napi_value LivenessMarkerWrap::Close(const Call&) {
  marker_.Reset();
  return nullptr;
}

}  // namespace schannel
