// The same code on the Schannel of this machine, without a peer.
#include "platform/win.h"

#include <utility>

#include "handle/handle_counts.h"
#include "platform/ip_address.h"
#include "platform/os_version.h"
#include "platform/windows_error.h"
#include "sspi/alpn.h"
#include "sspi/provider.h"
#include "sspi/security_context.h"
#include "support/harness.h"

using schannel::Bytes;
using schannel::Credential;
using schannel::CredentialOptions;
using schannel::CredentialStructure;
using schannel::SecurityContext;
using schannel::Step;

namespace {

constexpr DWORD kRequest = ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT |
                           ISC_REQ_CONFIDENTIALITY | ISC_REQ_STREAM | ISC_REQ_ALLOCATE_MEMORY |
                           ISC_REQ_EXTENDED_ERROR | ISC_REQ_MANUAL_CRED_VALIDATION |
                           ISC_REQ_USE_SUPPLIED_CREDS;

std::shared_ptr<const Credential> MakeCredential(CredentialStructure structure) {
  CredentialOptions options;
  options.structure = structure;
  options.flags =
      SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS | SCH_USE_STRONG_CRYPTO;
  return std::make_shared<const Credential>(schannel::WindowsProvider(), options);
}

bool Contains(const Bytes& bytes, const std::string& text) {
  return std::string(bytes.begin(), bytes.end()).find(text) != std::string::npos;
}

}  // namespace

TEST(windows_tells_its_build) { CHECK(schannel::QueryOsVersion().build >= 10240); }

TEST(hello_is_a_handshake_record_with_name_and_protocols) {
  for (const auto structure :
       {CredentialStructure::kSchannelCred, CredentialStructure::kSchCredentials}) {
    SecurityContext context(
        MakeCredential(structure),
        {L"host.example", kRequest, schannel::EncodeAlpn({Bytes{'s', 'm', 't', 'p'}})});
    const Step hello = context.Handshake({});
    CHECK_EQUAL(hello.status, SEC_I_CONTINUE_NEEDED);
    CHECK_EQUAL(int{hello.token.at(0)}, 22);
    CHECK(Contains(hello.token, "host.example"));
    CHECK(Contains(hello.token, "smtp"));
  }
}

TEST(address_is_no_name_to_be_sent) {
  // RFC 6066 §3: literal addresses are not permitted in "HostName".
  for (const auto& [target, text] :
       {std::pair<const wchar_t*, const char*>{L"127.0.0.1", "127.0.0.1"},
        std::pair<const wchar_t*, const char*>{L"2001:db8::1", "2001:db8::1"}}) {
    SecurityContext context(MakeCredential(CredentialStructure::kSchannelCred),
                            {target, kRequest, {}});
    const Step hello = context.Handshake({});
    CHECK_EQUAL(hello.status, SEC_I_CONTINUE_NEEDED);
    CHECK(!Contains(hello.token, text));
  }
}

TEST(addresses_are_told_from_names) {
  using schannel::IsIpAddress;
  for (const wchar_t* address :
       {L"127.0.0.1", L"255.255.255.255", L"::1", L"2001:db8::1", L"::ffff:127.0.0.1"}) {
    CHECK(IsIpAddress(address));
  }
  for (const wchar_t* name : {L"", L"host.example", L"127.0.0.1.example", L"1.2.3", L"1234",
                              L"127.0.0.1:443", L"[::1]", L"256.0.0.1", L"bad"}) {
    CHECK(!IsIpAddress(name));
  }
}

TEST(partial_record_is_an_incomplete_message) {
  SecurityContext context(MakeCredential(CredentialStructure::kSchannelCred),
                          {L"host.example", kRequest, {}});
  static_cast<void>(context.Handshake({}));
  const Step step = context.Handshake({{22, 3, 3, 0, 60, 2}, {0, 0}});
  CHECK_EQUAL(step.status, SEC_E_INCOMPLETE_MESSAGE);
  CHECK_EQUAL(step.consumed, size_t{0});
}

TEST(close_notify_is_made_before_the_handshake_ends) {
  SecurityContext context(MakeCredential(CredentialStructure::kSchannelCred),
                          {L"host.example", kRequest, {}});
  static_cast<void>(context.Handshake({}));
  const Step step = context.Shutdown();
  CHECK(step.status == SEC_E_OK || step.status == SEC_I_CONTEXT_EXPIRED);
  CHECK_EQUAL(step.token.size(), size_t{7});
  CHECK_EQUAL(int{step.token.at(0)}, 21);
  CHECK_EQUAL(int{step.token.at(6)}, 0);
}

TEST(handles_are_given_back) {
  for (const auto kind : {schannel::HandleKind::kCredential, schannel::HandleKind::kContext,
                          schannel::HandleKind::kCertificate}) {
    CHECK_EQUAL(schannel::LiveHandles(kind).load(), 0);
  }
}
