#include "sspi/sign_in.h"

#include <cstring>
#include <limits>
#include <utility>

#include "platform/windows_error.h"
#include "sspi/buffers.h"
#include "sspi/context_attribute.h"

namespace schannel {
namespace {

// SEC_CHANNEL_BINDINGS, then what it points to by its offset. Only the application's data are set,
// as Schannel itself does for SECPKG_ATTR_ENDPOINT_BINDINGS.
Bytes LayOut(const Bytes& data) {
  SEC_CHANNEL_BINDINGS header = {};
  header.cbApplicationDataLength = static_cast<ULONG>(data.size());
  header.dwApplicationDataOffset = sizeof header;
  Bytes bindings(sizeof header + data.size());
  std::memcpy(bindings.data(), &header, sizeof header);
  std::memcpy(bindings.data() + sizeof header, data.data(), data.size());
  return bindings;
}

// SSPI takes texts by pointers to what it does not change.
unsigned short* Units(const std::wstring& text) {
  return reinterpret_cast<unsigned short*>(const_cast<wchar_t*>(text.c_str()));
}

std::optional<std::wstring> MechanismOf(const UniqueContext& context) {
  const auto info =
      QueryOptional<SecPkgContext_NegotiationInfoW>(context, SECPKG_ATTR_NEGOTIATION_INFO);
  if (!info || info->PackageInfo == nullptr) return std::nullopt;
  const ContextBuffer owner(context, info->PackageInfo);
  if (info->PackageInfo->Name == nullptr) return std::nullopt;
  return std::wstring(info->PackageInfo->Name);
}

}  // namespace

SignIn::SignIn(const SecurityFunctionTableW& sspi, SignInOptions options)
    : sspi_(sspi), options_(std::move(options)) {
  if (options_.channel_binding) bindings_ = LayOut(*options_.channel_binding);
}

void SignIn::Acquire() {
  SEC_WINNT_AUTH_IDENTITY_W identity = {};
  void* auth_data = nullptr;
  if (options_.account) {
    const SignInAccount& account = *options_.account;
    identity.User = Units(account.user);
    identity.UserLength = static_cast<ULONG>(account.user.size());
    identity.Domain = Units(account.domain);
    identity.DomainLength = static_cast<ULONG>(account.domain.size());
    // An empty one needs an address too: a null one may mean the user of this process.
    static unsigned short none[] = {0};
    identity.Password =
        account.password.size() == 0
            ? none
            : reinterpret_cast<unsigned short*>(const_cast<uint8_t*>(account.password.data()));
    identity.PasswordLength = static_cast<ULONG>(account.password.size() / sizeof(unsigned short));
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    auth_data = &identity;
  }
  SspiHandle raw = {{0, 0}, &sspi_};
  const SECURITY_STATUS status =
      sspi_.AcquireCredentialsHandleW(nullptr, options_.package.data(), SECPKG_CRED_OUTBOUND,
                                      nullptr, auth_data, nullptr, nullptr, &raw.handle, nullptr);
  options_.account.reset();  // its password is needed no longer
  if (status != SEC_E_OK) throw WindowsError(status, "AcquireCredentialsHandleW");
  credential_.Reset(raw);
}

SignInStep SignIn::Next(const std::optional<Bytes>& token) {
  const bool begins = !context_;
  if (begins == token.has_value()) {
    throw WindowsError(HRESULT_FROM_WIN32(ERROR_INVALID_STATE), "token of a sign-in");
  }
  if (!credential_) Acquire();

  BufferSet<2> input;
  size_t count = 0;
  if (token) input.Set(count++, SECBUFFER_TOKEN, token->data(), token->size());
  if (!bindings_.empty()) {
    input.Set(count++, SECBUFFER_CHANNEL_BINDINGS, bindings_.data(), bindings_.size());
  }
  input.desc()->cBuffers = static_cast<ULONG>(count);
  TokenBuffers output(sspi_);
  output.desc()->cBuffers = 1;  // these packages know no alerts

  SspiHandle begun = {{0, 0}, &sspi_};
  auto* const context = begins ? &begun.handle : const_cast<PCtxtHandle>(&context_.get().handle);
  ULONG attributes = 0;
  SignInStep step;
  step.syscall = "InitializeSecurityContextW";
  step.status = sspi_.InitializeSecurityContextW(
      const_cast<PCredHandle>(&credential_.get().handle), begins ? nullptr : context,
      options_.target_name.data(), options_.request_flags | ISC_REQ_ALLOCATE_MEMORY, 0,
      SECURITY_NETWORK_DREP, count == 0 ? nullptr : input.desc(), 0, context, output.desc(),
      &attributes, nullptr);
  // A call that fails leaves no context behind.
  if (begins && step.status >= 0) context_.Reset(begun);
  if (step.status == SEC_I_COMPLETE_NEEDED || step.status == SEC_I_COMPLETE_AND_CONTINUE) {
    const bool continues = step.status == SEC_I_COMPLETE_AND_CONTINUE;
    step.syscall = "CompleteAuthToken";
    step.status =
        sspi_.CompleteAuthToken(const_cast<PCtxtHandle>(&context_.get().handle), output.desc());
    if (step.status == SEC_E_OK && continues) step.status = SEC_I_CONTINUE_NEEDED;
  }
  if (step.status < 0) return step;
  step.token = Secret(output.Find(SECBUFFER_TOKEN));
  step.attributes = attributes;
  if (step.status == SEC_E_OK) step.mechanism = MechanismOf(context_);
  return step;
}

}  // namespace schannel
