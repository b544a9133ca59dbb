#include "endpoint.h"

#include <utility>

#include "failure.h"

namespace limit {
namespace {

void Check(const char* syscall, SECURITY_STATUS status) {
  if (status != SEC_E_OK) throw Failure(syscall, static_cast<unsigned long>(status));
}

constexpr ULONG kClientRequest = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM |
                                 ISC_REQ_CONFIDENTIALITY | ISC_REQ_MANUAL_CRED_VALIDATION |
                                 ISC_REQ_USE_SUPPLIED_CREDS;
constexpr ULONG kServerRequest = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_CONFIDENTIALITY;

}  // namespace

Credential::Credential(Role role, PCCERT_CONTEXT certificate) : role_(role) {
  // The old SCHANNEL_CRED never offers TLS 1.3, so the version is the same on every system.
  SCHANNEL_CRED request{};
  request.dwVersion = SCHANNEL_CRED_VERSION;
  if (certificate != nullptr) {
    request.cCreds = 1;
    request.paCred = &certificate;
  }
  const bool is_client = role == Role::kClient;
  request.grbitEnabledProtocols = is_client ? SP_PROT_TLS1_2_CLIENT : SP_PROT_TLS1_2_SERVER;
  request.dwFlags = is_client ? SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS
                              : SCH_CRED_NO_SYSTEM_MAPPER;
  wchar_t package[] = UNISP_NAME_W;
  TimeStamp expiry;
  Check("AcquireCredentialsHandleW",
        AcquireCredentialsHandleW(nullptr, package,
                                  is_client ? SECPKG_CRED_OUTBOUND : SECPKG_CRED_INBOUND, nullptr,
                                  &request, nullptr, nullptr, &handle_, &expiry));
}

Credential::~Credential() { FreeCredentialsHandle(&handle_); }

Endpoint::~Endpoint() {
  if (exists_) DeleteSecurityContext(&context_);
}

std::vector<std::uint8_t> Endpoint::Handshake(std::vector<std::uint8_t> flight) {
  SecBuffer in[2] = {{static_cast<ULONG>(flight.size()), SECBUFFER_TOKEN, flight.data()},
                     {0, SECBUFFER_EMPTY, nullptr}};
  SecBufferDesc input{SECBUFFER_VERSION, 2, in};
  SecBuffer out[1] = {{0, SECBUFFER_TOKEN, nullptr}};
  SecBufferDesc output{SECBUFFER_VERSION, 1, out};
  const SECURITY_STATUS status = Step(flight.empty() ? nullptr : &input, &output);
  if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) {
    throw Failure("handshake step", static_cast<unsigned long>(status));
  }
  exists_ = true;
  std::vector<std::uint8_t> answer;
  if (out[0].pvBuffer != nullptr) {
    const auto* bytes = static_cast<const std::uint8_t*>(out[0].pvBuffer);
    answer.assign(bytes, bytes + out[0].cbBuffer);
    FreeContextBuffer(out[0].pvBuffer);
  }
  if (status == SEC_E_OK) {
    established_ = true;
    Check("QueryContextAttributesW",
          QueryContextAttributesW(&context_, SECPKG_ATTR_STREAM_SIZES, &sizes_));
  }
  return answer;
}

SECURITY_STATUS Endpoint::Step(SecBufferDesc* input, SecBufferDesc* output) {
  ULONG attributes = 0;
  TimeStamp expiry;
  CtxtHandle* const context = exists_ ? &context_ : nullptr;
  if (credential_.role() == Role::kServer) {
    return AcceptSecurityContext(credential_.handle(), context, input, kServerRequest, 0, &context_,
                                 output, &attributes, &expiry);
  }
  wchar_t target[] = L"localhost";
  return InitializeSecurityContextW(credential_.handle(), context, target, kClientRequest, 0, 0,
                                    input, 0, &context_, output, &attributes, &expiry);
}

std::size_t Endpoint::Encrypt(std::uint8_t* record, std::size_t plaintext_size) {
  std::uint8_t* const data = record + sizes_.cbHeader;
  SecBuffer parts[4] = {{sizes_.cbHeader, SECBUFFER_STREAM_HEADER, record},
                        {static_cast<ULONG>(plaintext_size), SECBUFFER_DATA, data},
                        {sizes_.cbTrailer, SECBUFFER_STREAM_TRAILER, data + plaintext_size},
                        {0, SECBUFFER_EMPTY, nullptr}};
  SecBufferDesc message{SECBUFFER_VERSION, 4, parts};
  Check("EncryptMessage", EncryptMessage(&context_, 0, &message, 0));
  return std::size_t{parts[0].cbBuffer} + parts[1].cbBuffer + parts[2].cbBuffer;
}

std::size_t Endpoint::Decrypt(std::uint8_t* record, std::size_t record_size) {
  SecBuffer parts[4] = {{static_cast<ULONG>(record_size), SECBUFFER_DATA, record},
                        {0, SECBUFFER_EMPTY, nullptr},
                        {0, SECBUFFER_EMPTY, nullptr},
                        {0, SECBUFFER_EMPTY, nullptr}};
  SecBufferDesc message{SECBUFFER_VERSION, 4, parts};
  Check("DecryptMessage", DecryptMessage(&context_, &message, 0, nullptr));
  for (const SecBuffer& part : parts) {
    if (part.BufferType == SECBUFFER_DATA) return part.cbBuffer;
  }
  return 0;
}

std::string Endpoint::CipherSuite() {
  SecPkgContext_CipherInfo info{};
  info.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1;
  Check("QueryContextAttributesW",
        QueryContextAttributesW(&context_, SECPKG_ATTR_CIPHER_INFO, &info));
  std::string name;
  for (const wchar_t character : info.szCipherSuite) {
    if (character == L'\0') break;
    name += static_cast<char>(character);  // IANA names are ASCII
  }
  return name;
}

void Connect(Endpoint& client, Endpoint& server) {
  std::vector<std::uint8_t> flight = client.Handshake({});
  while (!client.established() || !server.established()) {
    if (flight.empty()) throw Failure("handshake in memory", 0);
    flight = server.Handshake(std::move(flight));
    if (!client.established()) flight = client.Handshake(std::move(flight));
  }
}

}  // namespace limit
