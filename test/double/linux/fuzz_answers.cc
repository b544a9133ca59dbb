// libFuzzer: the input is what a Windows that lies answers, about lengths, places and kinds of
// buffers, and what it is called with. It writes nothing outside of what it is given. All that it
// says must be checked.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "platform/windows_error.h"
#include "sspi/alpn.h"
#include "sspi/credential.h"
#include "sspi/security_context.h"

using schannel::Bytes;
using schannel::ByteView;

namespace {

struct Source {
  const uint8_t* at = nullptr;
  size_t left = 0;
  unsigned Byte() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
  unsigned Word() { return Byte() | Byte() << 8; }
  Bytes Some(size_t most) {
    Bytes bytes(Word() % (most + 1));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(Byte());
    return bytes;
  }
};

Source source;

[[noreturn]] void Fail(const char* why) {
  std::fprintf(stderr, "FAILED: %s\n", why);
  std::abort();
}

constexpr SECURITY_STATUS kStatuses[] = {SEC_E_OK,
                                         SEC_I_CONTINUE_NEEDED,
                                         SEC_I_RENEGOTIATE,
                                         SEC_I_CONTEXT_EXPIRED,
                                         SEC_E_INCOMPLETE_MESSAGE,
                                         SEC_I_INCOMPLETE_CREDENTIALS,
                                         SEC_E_INTERNAL_ERROR,
                                         SEC_E_BUFFER_TOO_SMALL};

SECURITY_STATUS Status() { return kStatuses[source.Byte() % std::size(kStatuses)]; }

void* Allocated(const Bytes& bytes) {
  void* const memory = std::malloc(bytes.size() + 1);
  if (!bytes.empty()) std::memcpy(memory, bytes.data(), bytes.size());
  return memory;
}

void Move(SecBuffer& buffer, intptr_t distance) {
  buffer.pvBuffer = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(buffer.pvBuffer) +
                                            static_cast<uintptr_t>(distance));
}

void Lie(SecBuffer& buffer) {
  const unsigned what = source.Byte();
  if ((what & 1) != 0) buffer.BufferType = source.Byte() % 20;
  if ((what & 2) != 0) buffer.cbBuffer = source.Word();
  if ((what & 4) != 0) buffer.cbBuffer = 0xffffff00u | source.Byte();
  if ((what & 8) != 0) Move(buffer, static_cast<intptr_t>(source.Byte()));
  if ((what & 16) != 0) Move(buffer, -static_cast<intptr_t>(source.Byte()));
  if ((what & 32) != 0) buffer.pvBuffer = nullptr;
}

SECURITY_STATUS Scramble(PSecBufferDesc message) {
  SecBuffer* const buffers = message->pBuffers;
  const bool lies = source.Byte() % 4 != 0;
  uint8_t* const first = static_cast<uint8_t*>(buffers[0].pvBuffer);
  const ULONG room = buffers[0].cbBuffer;
  for (ULONG index = 0; index < message->cBuffers; ++index) {
    SecBuffer& buffer = buffers[index];
    if (buffer.pvBuffer != nullptr) std::memset(buffer.pvBuffer, 'x', buffer.cbBuffer);
  }
  // As DecryptMessage places what it found, or somewhere else.
  if (message->cBuffers == 4) {
    const ULONG header = source.Byte() % 24;
    const ULONG at = header < room ? header : room;
    const ULONG length = room - at == 0 ? 0 : source.Word() % (room - at + 1);
    buffers[1] = {length, SECBUFFER_DATA, first + at};
    buffers[0] = {at, SECBUFFER_STREAM_HEADER, first};
    if (source.Byte() % 2 == 0)
      buffers[3] = {room - at - length, SECBUFFER_EXTRA, first + at + length};
  }
  for (ULONG index = 0; lies && index < message->cBuffers; ++index) Lie(buffers[index]);
  return Status();
}

SECURITY_STATUS SEC_ENTRY Encrypt(PCtxtHandle, ULONG, PSecBufferDesc message, ULONG) {
  return Scramble(message);
}

SECURITY_STATUS SEC_ENTRY Decrypt(PCtxtHandle, PSecBufferDesc message, ULONG, PULONG) {
  return Scramble(message);
}

SECURITY_STATUS SEC_ENTRY Acquire(SEC_WCHAR*, SEC_WCHAR*, ULONG, void*, void*, SEC_GET_KEY_FN,
                                  void*, PCredHandle handle, PTimeStamp) {
  *handle = {1, 1};
  return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY Initialize(PCredHandle, PCtxtHandle, SEC_WCHAR*, ULONG, ULONG, ULONG,
                                     PSecBufferDesc input, ULONG, PCtxtHandle next,
                                     PSecBufferDesc output, ULONG* attributes, PTimeStamp) {
  *next = {2, 2};
  *attributes = 0;
  if (source.Byte() % 2 == 0) {
    const Bytes token = source.Some(40);
    output->pBuffers[source.Byte() % 2] = {
        static_cast<ULONG>(token.size()),
        source.Byte() % 2 == 0 ? SECBUFFER_TOKEN : SECBUFFER_ALERT, Allocated(token)};
  }
  // Only the count of what was not read means something.
  if (input != nullptr && input->cBuffers > 1 && source.Byte() % 2 == 0) {
    input->pBuffers[1].BufferType = SECBUFFER_EXTRA;
    input->pBuffers[1].cbBuffer = source.Byte() % 4 == 0 ? 0xfffffff0u : source.Word();
  }
  return Status();
}

SECURITY_STATUS SEC_ENTRY Control(PCtxtHandle, PSecBufferDesc) { return Status(); }
SECURITY_STATUS SEC_ENTRY Complete(PCtxtHandle, PSecBufferDesc) { return Status(); }
SECURITY_STATUS SEC_ENTRY End(PCtxtHandle) { return SEC_E_OK; }

SECURITY_STATUS SEC_ENTRY Free(void* memory) {
  std::free(memory);
  return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY QueryCredential(PCredHandle, ULONG, void*) {
  return SEC_E_UNSUPPORTED_FUNCTION;
}

// One allocation, as Windows makes it.
void Issuers(SecPkgContext_IssuerListInfoEx& list) {
  const DWORD count = source.Byte() % 5;
  auto* const names =
      static_cast<CERT_NAME_BLOB*>(std::malloc(count * (sizeof(CERT_NAME_BLOB) + 32) + 1));
  uint8_t* bytes = reinterpret_cast<uint8_t*>(names + count);
  for (DWORD index = 0; index < count; ++index) {
    const DWORD size = source.Byte() % 33;
    std::memset(bytes, 'i', size);
    names[index] = {size, size == 0 ? nullptr : bytes};
    bytes += size;
  }
  list.cIssuers = count;
  list.aIssuers = names;
}

// The offsets of a binding are the context's word only.
void Bindings(SecPkgContext_Bindings& bindings) {
  Bytes memory(source.Byte());
  if (source.Byte() % 4 != 0) memory.resize(memory.size() + sizeof(SEC_CHANNEL_BINDINGS), 'b');
  bindings.BindingsLength = static_cast<unsigned long>(memory.size());
  bindings.Bindings = static_cast<SEC_CHANNEL_BINDINGS*>(std::malloc(memory.size() + 1));
  if (!memory.empty()) std::memcpy(bindings.Bindings, memory.data(), memory.size());
  if (memory.size() < sizeof *bindings.Bindings) return;
  bindings.Bindings->dwApplicationDataOffset = source.Byte() % 4 == 0 ? 0xffffffe0u : source.Byte();
  bindings.Bindings->cbApplicationDataLength = source.Byte() % 4 == 0 ? 0xfffffff0u : source.Byte();
}

SECURITY_STATUS SEC_ENTRY Query(PCtxtHandle, ULONG attribute, void* out) {
  switch (attribute) {
    case SECPKG_ATTR_STREAM_SIZES: {
      auto& sizes = *static_cast<SecPkgContext_StreamSizes*>(out);
      sizes.cbHeader = source.Byte() % 80;
      sizes.cbTrailer = source.Byte() % 80;
      sizes.cbMaximumMessage = source.Word() % 300;
      return SEC_E_OK;
    }
    case SECPKG_ATTR_ISSUER_LIST_EX:
      Issuers(*static_cast<SecPkgContext_IssuerListInfoEx*>(out));
      return SEC_E_OK;
    case SECPKG_ATTR_UNIQUE_BINDINGS:
    case SECPKG_ATTR_ENDPOINT_BINDINGS:
      Bindings(*static_cast<SecPkgContext_Bindings*>(out));
      return SEC_E_OK;
    case SECPKG_ATTR_APPLICATION_PROTOCOL: {
      auto& alpn = *static_cast<SecPkgContext_ApplicationProtocol*>(out);
      alpn.ProtoNegoStatus = SecApplicationProtocolNegotiationStatus_Success;
      alpn.ProtoNegoExt = SecApplicationProtocolNegotiationExt_ALPN;
      alpn.ProtocolIdSize = static_cast<unsigned char>(source.Byte());
      return SEC_E_OK;
    }
    default:
      return SEC_E_UNSUPPORTED_FUNCTION;
  }
}

const SecurityFunctionTableW& Liar() {
  static const SecurityFunctionTableW table = [] {
    SecurityFunctionTableW made = {};
    made.AcquireCredentialsHandleW = &Acquire;
    made.QueryCredentialsAttributesW = &QueryCredential;
    made.FreeCredentialsHandle = &End;
    made.InitializeSecurityContextW = &Initialize;
    made.DeleteSecurityContext = &End;
    made.QueryContextAttributesW = &Query;
    made.FreeContextBuffer = &Free;
    made.CompleteAuthToken = &Complete;
    made.ApplyControlToken = &Control;
    made.EncryptMessage = &Encrypt;
    made.DecryptMessage = &Decrypt;
    return made;
  }();
  return table;
}

// It is refused, or it says the same to a reader.
void TryAlpn() {
  std::vector<Bytes> names;
  for (unsigned count = source.Byte() % 6; count > 0; --count) names.push_back(source.Some(260));
  try {
    const Bytes list = schannel::EncodeAlpn(names);
    size_t at = names.empty() ? 0 : 10;
    for (const Bytes& name : names) {
      if (list.at(at) != name.size()) Fail("the length of a name");
      if (!std::equal(name.begin(), name.end(), list.begin() + static_cast<ptrdiff_t>(at) + 1))
        Fail("a name");
      at += 1 + name.size();
    }
    if (at != list.size()) Fail("the length of the list");
  } catch (const schannel::WindowsError&) {
    const bool isLegal = std::all_of(names.begin(), names.end(), [](const Bytes& name) {
      return !name.empty() && name.size() <= 255;
    });
    if (isLegal) Fail("a list that is legal");
  }
}

void TryEncrypt(schannel::SecurityContext& context) {
  const size_t header = context.sizes().cbHeader;
  Bytes output(source.Word() % 2000, 'o');
  const Bytes input = source.Some(1000);
  const bool in_place = source.Byte() % 2 == 0 && output.size() > header;
  const size_t length = in_place ? source.Word() % (output.size() - header + 1) : input.size();
  const ByteView from = in_place ? ByteView(output.data() + header, length) : ByteView(input);
  const Bytes before = input;
  schannel::Transfer transfer;
  try {
    transfer = context.Encrypt(from, {output.data(), output.size()});
  } catch (const schannel::WindowsError&) {
    Fail("a layout that is legal");
  }
  if (transfer.consumed > length) Fail("more consumed than there was");
  if (transfer.written > output.size()) Fail("more written than there was room");
  if (transfer.status == SEC_E_OK && !in_place && transfer.consumed != length)
    Fail("something left");
  if (input != before) Fail("the input was changed");
}

void TryDecrypt(schannel::SecurityContext& context) {
  Bytes input = source.Some(600);
  // Records, as an engine gives them.
  for (size_t at = 0; at + 5 <= input.size() && source.Byte() % 8 != 0;) {
    const size_t body = source.Word() % (input.size() - at - 4);
    input[at + 3] = static_cast<uint8_t>(body >> 8);
    input[at + 4] = static_cast<uint8_t>(body);
    at += 5 + body;
  }
  const Bytes before = input;
  const size_t header = context.sizes().cbHeader;
  if (source.Byte() % 2 == 0 && header <= 64 && header <= input.size()) {
    const schannel::Transfer transfer =
        context.Decrypt(input, {input.data(), input.size()}, header);
    if (transfer.consumed > input.size()) Fail("more consumed than there was");
    if (header + transfer.written > input.size()) Fail("more written than there was room");
    return;
  }
  const size_t position = source.Byte();
  Bytes output(position + input.size(), 'o');
  const schannel::Transfer transfer =
      context.Decrypt(input, {output.data(), output.size()}, position);
  if (transfer.consumed > input.size()) Fail("more consumed than there was");
  if (position + transfer.written > output.size()) Fail("more written than there was room");
  if (input != before) Fail("the input was changed");
  if (std::count(output.begin(), output.begin() + static_cast<ptrdiff_t>(position), 'o') !=
      static_cast<ptrdiff_t>(position))
    Fail("bytes before the plaintext were changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  source = {data, size};
  schannel::CredentialOptions options;
  auto credential = std::make_shared<const schannel::Credential>(Liar(), options);
  schannel::ContextOptions wanted;
  wanted.target_name = L"localhost";
  wanted.request_flags = source.Byte() % 2 == 0 ? 0 : 0x80;  // ISC_REQ_USE_SUPPLIED_CREDS
  wanted.resumes = source.Byte() % 4 != 0;
  auto context =
      std::make_shared<schannel::SecurityContext>(std::move(credential), std::move(wanted));
  while (source.left > 0) {
    switch (source.Byte() % 8) {
      case 0:
        TryAlpn();
        break;
      case 1:
        static_cast<void>(source.Byte() % 2 == 0 ? context->Shutdown()
                                                 : context->Alert(source.Byte()));
        break;
      case 2:
      case 3: {
        std::vector<Bytes> portions;
        for (unsigned count = context->started() ? 1 + source.Byte() % 3 : 0; count > 0; --count)
          portions.push_back(source.Some(60));
        size_t given = 0;
        for (const Bytes& portion : portions) given += portion.size();
        const schannel::Step step = context->Handshake(portions);
        if (step.consumed > given) Fail("more consumed than there was");
        break;
      }
      case 4:
      case 5:
        if (context->open()) TryEncrypt(*context);
        break;
      default:
        if (context->open()) TryDecrypt(*context);
    }
  }
  return 0;
}
