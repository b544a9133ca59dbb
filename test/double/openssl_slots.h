// Where OpenSSL is called through; see openssl_slots.cc.
#pragma once

namespace schannel_double {

// A function of OpenSSL that the program does not export, or null. A call of such a function ends
// the process.
[[nodiscard]] const char* MissingOpenSsl() noexcept;

}  // namespace schannel_double
