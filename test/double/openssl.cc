#include "double/openssl.h"

#include <openssl/crypto.h>

#include <mutex>
#include <shared_mutex>

namespace schannel_double {
namespace {

std::shared_mutex& Gate() {
  // Never destroyed: threads wait at it until the process is gone.
  static auto* const gate = new std::shared_mutex();
  return *gate;
}

// Of this thread: a call may make others.
thread_local int depth = 0;

}  // namespace

OpenSslCall::OpenSslCall() {
  if (depth++ == 0) Gate().lock_shared();
  ERR_clear_error();
}

OpenSslCall::~OpenSslCall() {
  ERR_clear_error();
  if (--depth == 0) Gate().unlock_shared();
}

void OpenSslCall::WaitAtEnd() {
  // The add-on is loaded once by each thread of node's.
  static std::once_flag once;
  std::call_once(once, [] { OPENSSL_atexit([] { Gate().lock(); }); });
}

}  // namespace schannel_double
