#include "platform/win.h"

#include "double/work.h"

namespace schannel_double {
namespace {

thread_local int depth = 0;

}  // namespace

const std::array<const char*, kFunctionCount> kFunctionNames = {"AcquireCredentialsHandle",
                                                                "FreeCredentialsHandle",
                                                                "QueryCredentialsAttributes",
                                                                "InitializeSecurityContext",
                                                                "AcceptSecurityContext",
                                                                "CompleteAuthToken",
                                                                "DeleteSecurityContext",
                                                                "ApplyControlToken",
                                                                "QueryContextAttributes",
                                                                "SetContextAttributes",
                                                                "FreeContextBuffer",
                                                                "EncryptMessage",
                                                                "DecryptMessage"};

Work& TheWork() noexcept {
  static Work work = {};
  return work;
}

bool IsOutside() noexcept { return depth == 0; }

CountedCall::CountedCall(SspiFunction function) noexcept {
  ++TheWork().calls[static_cast<size_t>(function)];
  ++depth;
}

CountedCall::~CountedCall() { --depth; }

}  // namespace schannel_double
