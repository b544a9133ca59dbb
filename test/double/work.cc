#include "platform/win.h"

#include "double/work.h"

namespace schannel_double {
namespace {

thread_local int depth = 0;
std::atomic<uint64_t> left{0};  // faults up to the one that is met; 0: there is none
std::atomic<bool> met{false};

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

void SetFault(uint64_t number) noexcept {
  met = false;
  left = number;
}

bool HasMetFault() noexcept { return met; }

bool MustFail() noexcept {
  if (!IsOutside()) return false;
  uint64_t number = left.load();
  while (number != 0 && !left.compare_exchange_weak(number, number - 1)) {
  }
  if (number != 1) return false;
  met = true;
  return true;
}

bool IsOutside() noexcept { return depth == 0; }

CountedCall::CountedCall(SspiFunction function) noexcept {
  ++TheWork().calls[static_cast<size_t>(function)];
  ++depth;
}

CountedCall::~CountedCall() { --depth; }

}  // namespace schannel_double
