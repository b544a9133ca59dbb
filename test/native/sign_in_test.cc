// Negotiate and NTLM, scripted: what Windows is called with in each leg, and what comes back.
#include "platform/win.h"

#include "sspi/sign_in.h"

#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::HandleKind;
using schannel::LiveHandles;
using schannel::SignIn;
using schannel::SignInAccount;
using schannel::SignInOptions;
using schannel::SignInStep;

namespace {

struct Leg {
  SECURITY_STATUS status;
  std::string token = {};
  ULONG attributes = 0;
};

// What one leg was called with.
struct Asked {
  bool first = false;
  std::wstring target;
  ULONG flags = 0;
  std::optional<std::string> token;
  std::optional<Bytes> bindings;
};

// Functions in a table have no object: there is one script for all.
struct Script {
  std::deque<Leg> legs;
  SECURITY_STATUS acquired = SEC_E_OK;
  SECURITY_STATUS completed = SEC_E_OK;
  const wchar_t* mechanism = nullptr;
  std::wstring package, user, domain, password;
  bool has_account = false;
  bool has_password = false;
  size_t acquisitions = 0;
  std::vector<Asked> asked;
  size_t completions = 0;
  std::set<void*> memory;
};
std::unique_ptr<Script> script;

std::wstring Text(const unsigned short* units, ULONG length) {
  return {reinterpret_cast<const wchar_t*>(units), length};
}

SECURITY_STATUS SEC_ENTRY Acquire(SEC_WCHAR* principal, SEC_WCHAR* package, ULONG use, void* logon,
                                  void* auth_data, SEC_GET_KEY_FN, void*, PCredHandle credential,
                                  PTimeStamp) {
  CHECK(principal == nullptr && logon == nullptr);
  CHECK_EQUAL(use, ULONG{SECPKG_CRED_OUTBOUND});
  ++script->acquisitions;
  script->package = package;
  script->has_account = auth_data != nullptr;
  if (auth_data != nullptr) {
    const auto& identity = *static_cast<SEC_WINNT_AUTH_IDENTITY_W*>(auth_data);
    CHECK_EQUAL(identity.Flags, ULONG{SEC_WINNT_AUTH_IDENTITY_UNICODE});
    script->user = Text(identity.User, identity.UserLength);
    script->domain = Text(identity.Domain, identity.DomainLength);
    script->has_password = identity.Password != nullptr;
    script->password = Text(identity.Password, identity.PasswordLength);
  }
  if (script->acquired == SEC_E_OK) *credential = {7, 7};
  return script->acquired;
}

SECURITY_STATUS SEC_ENTRY FreeCredential(PCredHandle) { return SEC_E_OK; }
SECURITY_STATUS SEC_ENTRY DeleteContext(PCtxtHandle) { return SEC_E_OK; }

SECURITY_STATUS SEC_ENTRY Free(void* memory) {
  CHECK_EQUAL(script->memory.erase(memory), 1u);
  delete[] static_cast<char*>(memory);
  return SEC_E_OK;
}

void* Allocate(const std::string& bytes) {
  auto* const memory = new char[bytes.size() + 1];
  std::memcpy(memory, bytes.data(), bytes.size());
  script->memory.insert(memory);
  return memory;
}

SECURITY_STATUS SEC_ENTRY Initialize(PCredHandle credential, PCtxtHandle context, SEC_WCHAR* target,
                                     ULONG flags, ULONG, ULONG, PSecBufferDesc input, ULONG,
                                     PCtxtHandle new_context, PSecBufferDesc output,
                                     ULONG* attributes, PTimeStamp) {
  CHECK_EQUAL(credential->dwLower, ULONG_PTR{7});
  Asked asked;
  asked.first = context == nullptr;
  asked.target = target;
  asked.flags = flags;
  for (ULONG at = 0; input != nullptr && at < input->cBuffers; ++at) {
    const SecBuffer& buffer = input->pBuffers[at];
    const auto* bytes = static_cast<const uint8_t*>(buffer.pvBuffer);
    if (buffer.BufferType == SECBUFFER_TOKEN) asked.token.emplace(bytes, bytes + buffer.cbBuffer);
    if (buffer.BufferType == SECBUFFER_CHANNEL_BINDINGS) {
      asked.bindings.emplace(bytes, bytes + buffer.cbBuffer);
    }
  }
  CHECK(input == nullptr || input->cBuffers > 0);
  script->asked.push_back(asked);
  CHECK(!script->legs.empty());
  const Leg leg = script->legs.front();
  script->legs.pop_front();
  if (leg.status >= 0) *new_context = {9, 9};
  CHECK_EQUAL(output->cBuffers, 1u);
  if (!leg.token.empty()) {
    output->pBuffers[0].pvBuffer = Allocate(leg.token);
    output->pBuffers[0].cbBuffer = static_cast<ULONG>(leg.token.size());
  }
  *attributes = leg.attributes;
  return leg.status;
}

SECURITY_STATUS SEC_ENTRY Complete(PCtxtHandle context, PSecBufferDesc token) {
  CHECK_EQUAL(context->dwLower, ULONG_PTR{9});
  CHECK_EQUAL(token->pBuffers[0].BufferType, ULONG{SECBUFFER_TOKEN});
  ++script->completions;
  return script->completed;
}

SECURITY_STATUS SEC_ENTRY Query(PCtxtHandle, ULONG attribute, void* out) {
  if (attribute != SECPKG_ATTR_NEGOTIATION_INFO || script->mechanism == nullptr) {
    return SEC_E_UNSUPPORTED_FUNCTION;
  }
  static SecPkgInfoW info;
  auto* const copy = reinterpret_cast<SecPkgInfoW*>(
      Allocate(std::string(reinterpret_cast<const char*>(&info), sizeof info)));
  copy->Name = const_cast<wchar_t*>(script->mechanism);
  static_cast<SecPkgContext_NegotiationInfoW*>(out)->PackageInfo = copy;
  return SEC_E_OK;
}

SecurityFunctionTableW MakeTable() {
  SecurityFunctionTableW table = {};
  table.AcquireCredentialsHandleW = &Acquire;
  table.FreeCredentialsHandle = &FreeCredential;
  table.InitializeSecurityContextW = &Initialize;
  table.CompleteAuthToken = &Complete;
  table.DeleteSecurityContext = &DeleteContext;
  table.FreeContextBuffer = &Free;
  table.QueryContextAttributesW = &Query;
  return table;
}
const SecurityFunctionTableW kTable = MakeTable();

void Reset(std::deque<Leg> legs) {
  script = std::make_unique<Script>();
  script->legs = std::move(legs);
}

SignInOptions Options() {
  SignInOptions options;
  options.package = L"Negotiate";
  options.target_name = L"HTTP/proxy.example";
  options.request_flags = ISC_REQ_CONNECTION | ISC_REQ_MUTUAL_AUTH;
  return options;
}

Bytes Token(const std::string& text) { return {text.begin(), text.end()}; }
std::string Text(const schannel::Secret& token) {
  return {token.data(), token.data() + token.size()};
}

void CheckAllGivenBack() {
  CHECK(script->memory.empty());
  CHECK_EQUAL(LiveHandles(HandleKind::kCredential).load(), 0);
  CHECK_EQUAL(LiveHandles(HandleKind::kContext).load(), 0);
}

}  // namespace

TEST(KerberosTakesTheLastTokenOfThePeer) {
  Reset({{SEC_I_CONTINUE_NEEDED, "ticket"}, {SEC_E_OK, "", ISC_RET_MUTUAL_AUTH}});
  script->mechanism = L"Kerberos";
  {
    SignIn sign_in(kTable, Options());
    CHECK_EQUAL(script->acquisitions, 0u);
    const SignInStep first = sign_in.Next(std::nullopt);
    CHECK_EQUAL(first.status, SECURITY_STATUS{SEC_I_CONTINUE_NEEDED});
    CHECK_EQUAL(Text(first.token), "ticket");
    CHECK(!first.mechanism.has_value());
    const SignInStep last = sign_in.Next(Token("proof"));
    CHECK_EQUAL(last.status, SECURITY_STATUS{SEC_E_OK});
    CHECK_EQUAL(last.token.size(), 0u);
    CHECK_EQUAL(last.attributes, ULONG{ISC_RET_MUTUAL_AUTH});
    CHECK(last.mechanism == L"Kerberos");
  }
  CHECK(script->package == L"Negotiate");
  CHECK(!script->has_account);
  CHECK_EQUAL(script->acquisitions, 1u);
  const Asked& first = script->asked[0];
  CHECK(first.first && first.target == L"HTTP/proxy.example");
  CHECK(!first.token.has_value() && !first.bindings.has_value());
  CHECK_EQUAL(first.flags,
              ULONG{ISC_REQ_CONNECTION | ISC_REQ_MUTUAL_AUTH | ISC_REQ_ALLOCATE_MEMORY});
  CHECK(!script->asked[1].first && script->asked[1].token == "proof");
  CheckAllGivenBack();
}

TEST(AnAccountIsHandedToWindows) {
  Reset({{SEC_I_CONTINUE_NEEDED, "NTLMSSP 1"}, {SEC_E_OK, "NTLMSSP 3"}});
  SignInOptions options = Options();
  options.package = L"NTLM";
  SignInAccount account;
  account.user = L"anna";
  account.domain = L"COMPANY";
  const std::wstring password = L"secret";
  account.password = schannel::Secret(
      schannel::ByteView(reinterpret_cast<const uint8_t*>(password.data()), password.size() * 2));
  options.account = std::move(account);
  {
    SignIn sign_in(kTable, std::move(options));
    CHECK_EQUAL(Text(sign_in.Next(std::nullopt).token), "NTLMSSP 1");
    CHECK_EQUAL(Text(sign_in.Next(Token("NTLMSSP 2")).token), "NTLMSSP 3");
  }
  CHECK(script->package == L"NTLM" && script->has_account);
  CHECK(script->user == L"anna" && script->domain == L"COMPANY" && script->password == L"secret");
  CheckAllGivenBack();
}

TEST(AnEmptyPasswordIsNotNull) {
  Reset({{SEC_E_OK, "1"}});
  SignInOptions options = Options();
  options.account = SignInAccount{L"anna", L"", schannel::Secret()};
  SignIn sign_in(kTable, std::move(options));
  static_cast<void>(sign_in.Next(std::nullopt));
  CHECK(script->has_password && script->password.empty());
}

TEST(TheBindingIsInEveryLeg) {
  Reset({{SEC_I_CONTINUE_NEEDED, "1"}, {SEC_E_OK, "3"}});
  SignInOptions options = Options();
  options.channel_binding = Token("tls-server-end-point:hash");
  {
    SignIn sign_in(kTable, std::move(options));
    static_cast<void>(sign_in.Next(std::nullopt));
    static_cast<void>(sign_in.Next(Token("2")));
  }
  for (const Asked& asked : script->asked) {
    CHECK(asked.bindings.has_value());
    SEC_CHANNEL_BINDINGS header;
    std::memcpy(&header, asked.bindings->data(), sizeof header);
    CHECK_EQUAL(header.dwInitiatorAddrType + header.cbInitiatorLength + header.dwAcceptorAddrType +
                    header.cbAcceptorLength,
                0u);
    CHECK_EQUAL(header.dwApplicationDataOffset, ULONG{sizeof header});
    CHECK_EQUAL(std::string(asked.bindings->begin() + sizeof header, asked.bindings->end()),
                "tls-server-end-point:hash");
    CHECK_EQUAL(header.cbApplicationDataLength, asked.bindings->size() - sizeof header);
  }
  CHECK(!script->asked[0].token.has_value() && script->asked[1].token == "2");
  CheckAllGivenBack();
}

TEST(ATokenIsCompletedWherePackagesWantIt) {
  Reset({{SEC_I_COMPLETE_AND_CONTINUE, "1"}, {SEC_I_COMPLETE_NEEDED, "2"}});
  {
    SignIn sign_in(kTable, Options());
    CHECK_EQUAL(sign_in.Next(std::nullopt).status, SECURITY_STATUS{SEC_I_CONTINUE_NEEDED});
    CHECK_EQUAL(sign_in.Next(Token("x")).status, SECURITY_STATUS{SEC_E_OK});
  }
  CHECK_EQUAL(script->completions, 2u);
  Reset({{SEC_I_COMPLETE_NEEDED, "1"}});
  script->completed = SEC_E_INVALID_TOKEN;
  {
    SignIn sign_in(kTable, Options());
    const SignInStep step = sign_in.Next(std::nullopt);
    CHECK_EQUAL(step.status, SECURITY_STATUS{SEC_E_INVALID_TOKEN});
    CHECK_EQUAL(std::string(step.syscall), "CompleteAuthToken");
  }
  CheckAllGivenBack();
}

TEST(WhatWindowsRefusesIsReported) {
  Reset({{SEC_E_TARGET_UNKNOWN}});
  {
    SignIn sign_in(kTable, Options());
    CHECK_EQUAL(sign_in.Next(std::nullopt).status, SECURITY_STATUS{SEC_E_TARGET_UNKNOWN});
  }
  Reset({});
  script->acquired = SEC_E_SECPKG_NOT_FOUND;
  SignIn sign_in(kTable, Options());
  CHECK_THROWS(sign_in.Next(std::nullopt), SEC_E_SECPKG_NOT_FOUND);
  CheckAllGivenBack();
}

TEST(TokensComeInTheirOrder) {
  Reset({{SEC_I_CONTINUE_NEEDED, "1"}});
  SignIn sign_in(kTable, Options());
  const LONG wrong = HRESULT_FROM_WIN32(ERROR_INVALID_STATE);
  CHECK_THROWS(sign_in.Next(Token("early")), wrong);
  static_cast<void>(sign_in.Next(std::nullopt));
  CHECK_THROWS(sign_in.Next(std::nullopt), wrong);
}
