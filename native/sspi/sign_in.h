// The client's side of a sign-in by Negotiate or NTLM: tokens in, tokens out.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>

#include "handle/handles.h"
#include "platform/bytes.h"
#include "platform/secret.h"

namespace schannel {

// A user that is not the one of this process.
struct SignInAccount {
  std::wstring user;
  std::wstring domain;
  Secret password;  // UTF-16 without a NUL
};

struct SignInOptions {
  std::wstring package;                  // 'Negotiate', 'NTLM', 'Kerberos'
  std::wstring target_name;              // the service principal name
  ULONG request_flags = 0;               // ISC_REQ_*
  std::optional<Bytes> channel_binding;  // with its prefix, as RFC 5929 has it
  std::optional<SignInAccount> account;  // none: the user of this process
};

struct SignInStep {
  SECURITY_STATUS status = SEC_E_OK;
  const char* syscall = "";
  Secret token;
  ULONG attributes = 0;  // ISC_RET_*
  // With SEC_E_OK: the package that was used, such as Kerberos, if Windows says it.
  std::optional<std::wstring> mechanism;
};

// For one connection, and one thread at a time.
class SignIn {
 public:
  SignIn(const SecurityFunctionTableW& sspi, SignInOptions options);

  // Blocks: a domain controller may be asked. The first step has no token of the peer. Throws
  // WindowsError if there is no such package, or no account.
  [[nodiscard]] SignInStep Next(const std::optional<Bytes>& token);

 private:
  void Acquire();

  const SecurityFunctionTableW& sspi_;
  SignInOptions options_;
  Bytes bindings_;  // SEC_CHANNEL_BINDINGS and its data; empty if there are none
  UniqueCredential credential_;
  UniqueContext context_;
};

}  // namespace schannel
