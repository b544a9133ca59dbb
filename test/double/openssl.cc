#include "double/openssl.h"

#include <mutex>
#include <shared_mutex>

#include <openssl/crypto.h>

namespace schannel_double {
namespace {

std::shared_mutex& Gate() {
  // It is never destroyed, since threads wait at it until the process has ended.
  static auto* const gate = new std::shared_mutex();
  return *gate;
}

// How many calls this thread is in, since one may make another.
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
  // Each of node's threads loads the add-on.
  static std::once_flag once;
  std::call_once(once, [] { OPENSSL_atexit([] { Gate().lock(); }); });
}

}  // namespace schannel_double
