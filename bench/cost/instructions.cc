// The add-on's SSPI core with functions of SSPI that do next to nothing, for counting its
// instructions. bench/cost/instructions.mjs runs it under valgrind.
//
//   instructions <path> <times>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sspi/alpn.h"
#include "sspi/credential.h"
#include "sspi/security_context.h"

extern "C" {
BOOL WINAPI CertFreeCertificateContext(PCCERT_CONTEXT) { return TRUE; }
PCCERT_CONTEXT WINAPI CertDuplicateCertificateContext(PCCERT_CONTEXT context) { return context; }
BOOL WINAPI CertCloseStore(HCERTSTORE, DWORD) { return TRUE; }
PCCERT_CONTEXT WINAPI CertEnumCertificatesInStore(HCERTSTORE, PCCERT_CONTEXT) { return nullptr; }
BOOL WINAPI CertGetCertificateContextProperty(PCCERT_CONTEXT, DWORD, void*, DWORD*) {
  return FALSE;
}
}

namespace {

using schannel::Bytes;

constexpr ULONG kHeader = 5;
constexpr ULONG kTrailer = 17;
constexpr ULONG kMaximum = 16384;

int steps = 0;

SECURITY_STATUS Acquire(SEC_WCHAR*, SEC_WCHAR*, ULONG, void*, void*, SEC_GET_KEY_FN, void*,
                        PCredHandle, PTimeStamp) {
  return SEC_E_OK;
}

SECURITY_STATUS Initialize(PCredHandle, PCtxtHandle, SEC_WCHAR*, ULONG, ULONG, ULONG,
                           PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc, ULONG*, PTimeStamp) {
  return ++steps % 3 == 0 ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
}

SECURITY_STATUS Query(PCtxtHandle, ULONG attribute, void* out) {
  if (attribute != SECPKG_ATTR_STREAM_SIZES) return SEC_E_UNSUPPORTED_FUNCTION;
  *static_cast<SecPkgContext_StreamSizes*>(out) = {kHeader, kTrailer, kMaximum, 4, 16};
  return SEC_E_OK;
}

// Records as they are, without a cipher.
SECURITY_STATUS Encrypt(PCtxtHandle, ULONG, PSecBufferDesc message, ULONG) {
  auto* const header = static_cast<uint8_t*>(message->pBuffers[0].pvBuffer);
  const ULONG size = message->pBuffers[1].cbBuffer + kTrailer;
  const uint8_t bytes[] = {23, 3, 3, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)};
  std::memcpy(header, bytes, sizeof bytes);
  return SEC_E_OK;
}

SECURITY_STATUS Decrypt(PCtxtHandle, PSecBufferDesc message, ULONG, ULONG*) {
  SecBuffer* const buffers = message->pBuffers;
  auto* const record = static_cast<uint8_t*>(buffers[0].pvBuffer);
  const ULONG size = buffers[0].cbBuffer;
  buffers[0] = {kHeader, SECBUFFER_STREAM_HEADER, record};
  buffers[1] = {size - kHeader - kTrailer, SECBUFFER_DATA, record + kHeader};
  buffers[2] = {kTrailer, SECBUFFER_STREAM_TRAILER, record + size - kTrailer};
  return SEC_E_OK;
}

const SecurityFunctionTableW& Table() {
  static const SecurityFunctionTableW table = [] {
    SecurityFunctionTableW made = {};
    made.AcquireCredentialsHandleW = &Acquire;
    made.QueryCredentialsAttributesW = [](PCredHandle, ULONG, void*) -> SECURITY_STATUS {
      return SEC_E_UNSUPPORTED_FUNCTION;
    };
    made.FreeCredentialsHandle = [](PCredHandle) -> SECURITY_STATUS { return SEC_E_OK; };
    made.InitializeSecurityContextW = &Initialize;
    made.DeleteSecurityContext = [](PCtxtHandle) -> SECURITY_STATUS { return SEC_E_OK; };
    made.FreeContextBuffer = [](void*) -> SECURITY_STATUS { return SEC_E_OK; };
    made.QueryContextAttributesW = &Query;
    made.EncryptMessage = &Encrypt;
    made.DecryptMessage = &Decrypt;
    return made;
  }();
  return table;
}

std::unique_ptr<schannel::SecurityContext> Opened(
    const std::shared_ptr<const schannel::Credential>& credential) {
  schannel::ContextOptions options;
  options.target_name = L"localhost";
  options.alpn = schannel::EncodeAlpn({Bytes{'h', '2'}});
  auto context = std::make_unique<schannel::SecurityContext>(credential, std::move(options));
  static_cast<void>(context->Handshake({}));
  static_cast<void>(context->Handshake({Bytes(1000), Bytes(100)}));
  return context;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string path = arguments[1];
  const auto credential =
      std::make_shared<const schannel::Credential>(Table(), schannel::CredentialOptions{});
  const auto context = Opened(credential);
  // Of larger ones nearly all is copying, and how many instructions that is depends on the C
  // library.
  const size_t length = 64;
  const size_t records = 64;
  Bytes plaintext(length);
  Bytes ciphertext;
  for (size_t record = 0; record < records; ++record) {
    const size_t size = length + kTrailer;
    const uint8_t header[] = {23, 3, 3, static_cast<uint8_t>(size >> 8),
                              static_cast<uint8_t>(size)};
    ciphertext.insert(ciphertext.end(), header, header + sizeof header);
    ciphertext.resize(ciphertext.size() + size);
  }
  Bytes output(ciphertext.size() + kHeader);
  const long times = std::atol(arguments[2]);
  for (long time = 0; time < times; ++time) {
    if (path == "encrypt 64 records") {
      for (size_t record = 0; record < records; ++record) {
        static_cast<void>(context->Encrypt(plaintext, {output.data(), output.size()}));
      }
    } else if (path == "decrypt 64 records") {
      static_cast<void>(context->Decrypt(ciphertext, {output.data(), output.size()}, kHeader));
    } else if (path == "handshake of a client") {
      static_cast<void>(Opened(credential));
    } else {
      return 2;
    }
  }
  return 0;
}
