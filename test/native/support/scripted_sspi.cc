#include "support/scripted_sspi.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace test {
namespace {

// SSPI functions carry no user data: one scripted provider at a time.
ScriptedSspi* current = nullptr;

constexpr uint8_t kCipher = 0x55;  // "encryption": each byte XOR this

SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandle(SEC_WCHAR*, SEC_WCHAR*, ULONG use, void*,
                                                   void* auth_data, SEC_GET_KEY_FN, void*,
                                                   PCredHandle handle, PTimeStamp) {
  return current->Acquire(use, auth_data, handle);
}
SECURITY_STATUS SEC_ENTRY FreeCredentials(PCredHandle handle) {
  return current->FreeCredential(handle);
}
SECURITY_STATUS SEC_ENTRY QueryCredentials(PCredHandle, ULONG attribute, void* out) {
  if (attribute != SECPKG_ATTR_SUPPORTED_PROTOCOLS) return SEC_E_UNSUPPORTED_FUNCTION;
  const auto found = current->attributes.find(attribute);
  return found == current->attributes.end() ? SEC_E_UNSUPPORTED_FUNCTION : found->second(out);
}
SECURITY_STATUS SEC_ENTRY InitializeContext(PCredHandle credential, PCtxtHandle context,
                                            SEC_WCHAR* target, ULONG flags, ULONG, ULONG,
                                            PSecBufferDesc input, ULONG, PCtxtHandle new_context,
                                            PSecBufferDesc output, ULONG* attributes, PTimeStamp) {
  *attributes = 0;
  return current->Initialize(credential, context, target, flags, input, new_context, output);
}
SECURITY_STATUS SEC_ENTRY AcceptContext(PCredHandle credential, PCtxtHandle context,
                                        PSecBufferDesc input, ULONG flags, ULONG,
                                        PCtxtHandle new_context, PSecBufferDesc output,
                                        ULONG* attributes, PTimeStamp) {
  *attributes = 0;
  return current->Accept(credential, context, flags, input, new_context, output);
}
SECURITY_STATUS SEC_ENTRY CompleteToken(PCtxtHandle context, PSecBufferDesc) {
  return current->Complete(context);
}
SECURITY_STATUS SEC_ENTRY DeleteContext(PCtxtHandle context) {
  return current->DeleteContext(context);
}
SECURITY_STATUS SEC_ENTRY ApplyToken(PCtxtHandle context, PSecBufferDesc token) {
  return current->Control(context, token);
}
SECURITY_STATUS SEC_ENTRY QueryContext(PCtxtHandle context, ULONG attribute, void* out) {
  return current->Query(context, attribute, out);
}
SECURITY_STATUS SEC_ENTRY SetContext(PCtxtHandle context, ULONG attribute, void* value, ULONG) {
  return current->Set(context, attribute, value);
}
SECURITY_STATUS SEC_ENTRY FreeBuffer(void* memory) { return current->Free(memory); }
SECURITY_STATUS SEC_ENTRY Encrypt(PCtxtHandle context, ULONG, PSecBufferDesc message, ULONG) {
  return current->Encrypt(context, message);
}
SECURITY_STATUS SEC_ENTRY Decrypt(PCtxtHandle context, PSecBufferDesc message, ULONG, ULONG*) {
  return current->Decrypt(context, message);
}

uint8_t* Data(const SecBuffer& buffer) { return static_cast<uint8_t*>(buffer.pvBuffer); }

bool IsEmpty(const SecBuffer& buffer) {
  return buffer.BufferType == SECBUFFER_EMPTY && buffer.cbBuffer == 0 && buffer.pvBuffer == nullptr;
}

}  // namespace

Bytes ToBytes(const std::string& text) { return Bytes(text.begin(), text.end()); }

std::string ToText(ByteView bytes) { return std::string(bytes.data, bytes.data + bytes.size); }

Bytes Record(const std::string& body, uint8_t type) {
  const std::string header = {static_cast<char>(type), 3, 3, static_cast<char>(body.size() >> 8),
                              static_cast<char>(body.size())};
  return ToBytes(header + body);
}

Bytes Join(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

ScriptedSspi::ScriptedSspi() {
  current = this;
  table_.dwVersion = SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION;
  table_.AcquireCredentialsHandleW = &AcquireCredentialsHandle;
  table_.FreeCredentialsHandle = &FreeCredentials;
  table_.QueryCredentialsAttributesW = &QueryCredentials;
  table_.InitializeSecurityContextW = &InitializeContext;
  table_.AcceptSecurityContext = &AcceptContext;
  table_.CompleteAuthToken = &CompleteToken;
  table_.DeleteSecurityContext = &test::DeleteContext;
  table_.ApplyControlToken = &ApplyToken;
  table_.QueryContextAttributesW = &QueryContext;
  table_.SetContextAttributesW = &SetContext;
  table_.FreeContextBuffer = &FreeBuffer;
  table_.EncryptMessage = &test::Encrypt;
  table_.DecryptMessage = &test::Decrypt;
  attributes[SECPKG_ATTR_STREAM_SIZES] = [this](void* out) {
    *static_cast<SecPkgContext_StreamSizes*>(out) = {sizes.header, sizes.trailer,
                                                     sizes.maximum_message, 4, 1};
    return SEC_E_OK;
  };
}

ScriptedSspi::~ScriptedSspi() { current = nullptr; }

void ScriptedSspi::Violate(const std::string& what) { violations_.push_back(what); }

void ScriptedSspi::Verify() const {
  std::string all;
  for (const std::string& violation : violations_) all += violation + "; ";
  if (!memory_.empty()) all += std::to_string(memory_.size()) + " buffers were not freed; ";
  if (!contexts_.empty()) all += std::to_string(contexts_.size()) + " contexts were not deleted; ";
  if (!credentials_.empty()) all += "a credential was not freed; ";
  if (!flights.empty()) all += "not all of the flights were asked for; ";
  if (!opened.empty()) all += "not all of the records were decrypted; ";
  if (!all.empty()) throw std::runtime_error(all);
}

void* ScriptedSspi::Allocate(ByteView bytes) {
  Bytes memory = bytes.Copy();
  memory.reserve(memory.size() + 1);  // an address for no bytes, too
  void* const address = memory.data();
  memory_.emplace(address, std::move(memory));
  return address;
}

SECURITY_STATUS ScriptedSspi::Free(void* memory) {
  const auto found = memory_.find(memory);
  if (found == memory_.end()) {
    Violate("FreeContextBuffer of unknown memory");
    return SEC_E_OK;
  }
  freed.push_back(std::move(found->second));
  memory_.erase(found);
  return SEC_E_OK;
}

SECURITY_STATUS ScriptedSspi::Acquire(ULONG use, void* auth_data, PCredHandle handle) {
  credential_uses.push_back(use);
  const DWORD version = *static_cast<const DWORD*>(auth_data);
  credential_versions.push_back(version);
  if (version == SCH_CREDENTIALS_VERSION) {
    sch_credentials = *static_cast<const SCH_CREDENTIALS*>(auth_data);
    tls_parameters = sch_credentials.cTlsParameters;
    if (tls_parameters != 0) {
      disabled_protocols = sch_credentials.pTlsParameters->grbitDisabledProtocols;
    }
    certificates.assign(sch_credentials.paCred, sch_credentials.paCred + sch_credentials.cCreds);
  } else {
    schannel_cred = *static_cast<const SCHANNEL_CRED*>(auth_data);
    certificates.assign(schannel_cred.paCred, schannel_cred.paCred + schannel_cred.cCreds);
  }
  if (acquired != SEC_E_OK) return acquired;
  *handle = {next_handle_, 1};
  credentials_.emplace(next_handle_++, use);
  return SEC_E_OK;
}

SECURITY_STATUS ScriptedSspi::FreeCredential(PCredHandle handle) {
  if (!contexts_.empty()) Violate("credential freed before its contexts");
  if (credentials_.erase(handle->dwLower) == 0)
    Violate("FreeCredentialsHandle of an unknown handle");
  return SEC_E_OK;
}

bool ScriptedSspi::Known(PCtxtHandle context) {
  if (context != nullptr && contexts_.count(context->dwLower) != 0) return true;
  Violate("call with an unknown context");
  return false;
}

void ScriptedSspi::CheckInput(const FlightCall& call, PSecBufferDesc input) {
  if (input == nullptr) return;
  const SecBuffer* buffers = input->pBuffers;
  if (call.first && !call.server) {
    const bool alpn_only =
        input->cBuffers == 1 && buffers[0].BufferType == SECBUFFER_APPLICATION_PROTOCOLS;
    if (!alpn_only) Violate("the first call has an input other than ALPN");
    return;
  }
  const bool offers = input->cBuffers == 3 && call.first &&
                      buffers[2].BufferType == SECBUFFER_APPLICATION_PROTOCOLS;
  if (input->cBuffers != 2 && !offers) return Violate("a call needs exactly two input buffers");
  if (buffers[0].BufferType != SECBUFFER_TOKEN) Violate("input buffer 0 is not TOKEN");
  if (!IsEmpty(buffers[1])) Violate("input buffer 1 is not an EMPTY one without bytes");
}

SECURITY_STATUS ScriptedSspi::Initialize(PCredHandle credential, PCtxtHandle context,
                                         const wchar_t* target, ULONG flags, PSecBufferDesc input,
                                         PCtxtHandle new_context, PSecBufferDesc output) {
  FlightCall call;
  call.target = target == nullptr ? L"" : target;
  call.flags = flags;
  return Advance(std::move(call), credential, context, input, new_context, output);
}

SECURITY_STATUS ScriptedSspi::Accept(PCredHandle credential, PCtxtHandle context, ULONG flags,
                                     PSecBufferDesc input, PCtxtHandle new_context,
                                     PSecBufferDesc output) {
  FlightCall call;
  call.server = true;
  call.flags = flags;
  if (context == nullptr && (input == nullptr || input->pBuffers[0].cbBuffer == 0)) {
    Violate("a server's first call has no hello");
  }
  if (input != nullptr && input->cBuffers == 3) {
    call.alpn = ByteView(Data(input->pBuffers[2]), input->pBuffers[2].cbBuffer).Copy();
  }
  return Advance(std::move(call), credential, context, input, new_context, output);
}

SECURITY_STATUS ScriptedSspi::Advance(FlightCall call, PCredHandle credential, PCtxtHandle context,
                                      PSecBufferDesc input, PCtxtHandle new_context,
                                      PSecBufferDesc output) {
  call.first = context == nullptr;
  call.credential = credential == nullptr ? 0 : credential->dwLower;
  call.has_input = input != nullptr;
  if (input != nullptr) {
    const SecBuffer& buffer = input->pBuffers[0];
    call.input = ByteView(Data(buffer), buffer.cbBuffer).Copy();
  }
  const ULONG use = call.server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND;
  const auto known =
      credential == nullptr ? credentials_.end() : credentials_.find(credential->dwLower);
  if (known == credentials_.end()) {
    Violate("call without a live credential");
  } else if (known->second != use) {
    Violate("call with a credential of the other side");
  }
  if (!call.first && (!Known(context) || new_context != context)) {
    Violate("a later call needs the same context twice");
  }
  if (!flight_calls.empty() && flight_calls.front().target != call.target) {
    Violate("the target name changed");
  }
  CheckInput(call, input);
  for (ULONG index = 0; index < output->cBuffers; ++index) {
    const SecBuffer& buffer = output->pBuffers[index];
    if (buffer.pvBuffer != nullptr || buffer.cbBuffer != 0)
      Violate("an output buffer is not fresh");
  }
  flight_calls.push_back(call);
  if (flights.empty()) {
    Violate("a handshake call without an answer in the script");
    return SEC_E_INTERNAL_ERROR;
  }
  const Flight flight = flights.front();
  flights.pop_front();
  Answer(flight, input, output);
  if (call.first) {
    // After a failure Windows leaves something in the handle that must not be used.
    *new_context = flight.status < 0 ? SecHandle{0xdead, 0xdead} : SecHandle{next_handle_, 2};
    if (flight.status >= 0) contexts_.insert(next_handle_++);
  }
  return flight.status;
}

void ScriptedSspi::Answer(const Flight& flight, PSecBufferDesc input, PSecBufferDesc output) {
  for (ULONG index = 0; index < output->cBuffers; ++index) {
    SecBuffer& buffer = output->pBuffers[index];
    const bool token = buffer.BufferType == SECBUFFER_TOKEN;
    const std::string& text = token ? flight.token : flight.alert;
    if ((!token && buffer.BufferType != SECBUFFER_ALERT) || text.empty()) continue;
    buffer.pvBuffer = Allocate(ToBytes(text));
    buffer.cbBuffer = static_cast<ULONG>(text.size());
  }
  if (input == nullptr || input->cBuffers < 2) return;
  SecBuffer& second = input->pBuffers[1];
  if (flight.extra != 0) second = {static_cast<ULONG>(flight.extra), SECBUFFER_EXTRA, nullptr};
  if (flight.missing) second = {7, SECBUFFER_MISSING, nullptr};
}

SECURITY_STATUS ScriptedSspi::Complete(PCtxtHandle context) {
  Known(context);
  ++complete_calls;
  if (completed.empty()) return SEC_E_OK;
  const SECURITY_STATUS status = completed.front();
  completed.pop_front();
  return status;
}

SECURITY_STATUS ScriptedSspi::Control(PCtxtHandle context, PSecBufferDesc token) {
  if (!Known(context)) return SEC_E_INVALID_HANDLE;
  if (token->cBuffers != 1 || token->pBuffers[0].BufferType != SECBUFFER_TOKEN) {
    Violate("ApplyControlToken needs exactly one TOKEN buffer");
    return SEC_E_INVALID_TOKEN;
  }
  control_tokens.push_back(ByteView(Data(token->pBuffers[0]), token->pBuffers[0].cbBuffer).Copy());
  if (controlled.empty()) return SEC_E_OK;
  const SECURITY_STATUS status = controlled.front();
  controlled.pop_front();
  return status;
}

SECURITY_STATUS ScriptedSspi::DeleteContext(PCtxtHandle context) {
  if (contexts_.erase(context->dwLower) == 0) Violate("DeleteSecurityContext of an unknown handle");
  return SEC_E_OK;
}

SECURITY_STATUS ScriptedSspi::Query(PCtxtHandle context, ULONG attribute, void* out) {
  ++queries[attribute];
  if (!Known(context)) return SEC_E_INVALID_HANDLE;
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? SEC_E_UNSUPPORTED_FUNCTION : found->second(out);
}

SECURITY_STATUS ScriptedSspi::Set(PCtxtHandle context, ULONG attribute, void* value) {
  if (!Known(context)) return SEC_E_INVALID_HANDLE;
  if (attribute != SECPKG_ATTR_KEYING_MATERIAL_INFO) return SEC_E_UNSUPPORTED_FUNCTION;
  const auto* info = static_cast<const SecPkgContext_KeyingMaterialInfo*>(value);
  set_labels.push_back(
      ByteView(reinterpret_cast<const uint8_t*>(info->pszLabel), info->cbLabel).Copy());
  set_contexts.push_back(ByteView(info->pbContextValue, info->cbContextValue).Copy());
  set_context_absent = info->pbContextValue == nullptr;
  return SEC_E_OK;
}

SECURITY_STATUS ScriptedSspi::Encrypt(PCtxtHandle context, PSecBufferDesc message) {
  ++encrypt_calls;
  if (!Known(context)) return SEC_E_INVALID_HANDLE;
  SecBuffer* buffers = message->pBuffers;
  const bool laid_out =
      message->cBuffers == 4 && buffers[0].BufferType == SECBUFFER_STREAM_HEADER &&
      buffers[1].BufferType == SECBUFFER_DATA &&
      buffers[2].BufferType == SECBUFFER_STREAM_TRAILER && IsEmpty(buffers[3]) &&
      buffers[0].cbBuffer == sizes.header && buffers[2].cbBuffer == sizes.trailer &&
      Data(buffers[0]) + sizes.header == Data(buffers[1]) &&
      Data(buffers[1]) + buffers[1].cbBuffer == Data(buffers[2]);
  if (!laid_out) Violate("EncryptMessage needs HEADER, DATA, TRAILER, EMPTY, side by side");
  if (buffers[1].cbBuffer == 0) Violate("EncryptMessage of nothing");
  if (buffers[1].cbBuffer > sizes.maximum_message) Violate("EncryptMessage of too much");
  if (!sealed.empty()) {
    const SECURITY_STATUS status = sealed.front();
    sealed.pop_front();
    if (status != SEC_E_OK) return status;
  }
  const size_t body = sizes.header - 5 + buffers[1].cbBuffer + produced_trailer;
  const Bytes header = Record(std::string(body, '\0'));
  std::fill(Data(buffers[0]), Data(buffers[0]) + sizes.header, uint8_t{'h'});
  std::copy(header.begin(), header.begin() + 5, Data(buffers[0]));
  for (ULONG index = 0; index < buffers[1].cbBuffer; ++index) Data(buffers[1])[index] ^= kCipher;
  // All of the room given may be written, whatever is used in the end.
  std::fill(Data(buffers[2]), Data(buffers[2]) + sizes.trailer, uint8_t{'t'});
  buffers[2].cbBuffer = produced_trailer;
  return SEC_E_OK;
}

SECURITY_STATUS ScriptedSspi::Decrypt(PCtxtHandle context, PSecBufferDesc message) {
  ++decrypt_calls;
  if (!Known(context)) return SEC_E_INVALID_HANDLE;
  SecBuffer* buffers = message->pBuffers;
  const bool laid_out = message->cBuffers == 4 && buffers[0].BufferType == SECBUFFER_DATA &&
                        IsEmpty(buffers[1]) && IsEmpty(buffers[2]) && IsEmpty(buffers[3]);
  if (!laid_out) Violate("DecryptMessage needs DATA and three EMPTY buffers");
  uint8_t* const record = Data(buffers[0]);
  const size_t size = buffers[0].cbBuffer;
  if (size < 5 || size != 5 + (size_t{record[3]} << 8 | record[4])) {
    Violate("DecryptMessage of other than one whole record");
    return SEC_E_INVALID_TOKEN;
  }
  if (opened.empty()) {
    Violate("DecryptMessage without an answer in the script");
    return SEC_E_INTERNAL_ERROR;
  }
  const Opened answer = opened.front();
  opened.pop_front();
  const size_t from = std::min(answer.unread_from.value_or(size), size);
  if (answer.layout != Layout::kUntouched) {
    // In place: what was there is gone.
    std::fill(record, record + from, uint8_t{'?'});
    std::copy(answer.plaintext.begin(), answer.plaintext.end(), record + answer.header);
  }
  const size_t end = answer.header + answer.plaintext.size();
  if (answer.layout == Layout::kInOrder) {
    buffers[0] = {static_cast<ULONG>(answer.header), SECBUFFER_STREAM_HEADER, record};
    buffers[1] = {static_cast<ULONG>(answer.plaintext.size()), SECBUFFER_DATA,
                  record + answer.header};
    buffers[2] = {static_cast<ULONG>(size - end), SECBUFFER_STREAM_TRAILER, record + end};
  } else if (answer.layout == Layout::kNothingBefore) {
    buffers[0] = {0, SECBUFFER_EMPTY, nullptr};
  }
  if (answer.unread_from) {
    unread.push_back(ByteView(record + from, size - from).Copy());
    buffers[answer.layout == Layout::kNothingBefore ? 1 : 3] = {
        static_cast<ULONG>(size - from), SECBUFFER_EXTRA,
        answer.unread_pointer ? record + from : nullptr};
  }
  return answer.status;
}

std::vector<Opened> PostHandshakeAnswers() {
  std::vector<Opened> answers;
  for (const size_t from : {size_t{0}, size_t{5}}) {
    for (const bool pointer : {true, false}) {
      for (const Layout layout : {Layout::kInOrder, Layout::kUntouched, Layout::kNothingBefore}) {
        Opened answer;
        answer.status = SEC_I_RENEGOTIATE;
        answer.unread_from = from;
        answer.unread_pointer = pointer;
        answer.layout = layout;
        answers.push_back(answer);
      }
    }
  }
  return answers;
}

Fixture::Fixture(schannel::ContextOptions options, schannel::Role role)
    : credential(std::make_shared<const schannel::Credential>(sspi.table(),
                                                              schannel::CredentialOptions{role})),
      context(std::make_unique<schannel::SecurityContext>(credential, std::move(options))) {}

void Fixture::Open() {
  sspi.flights = {{SEC_I_CONTINUE_NEEDED, "hello"}, {SEC_E_OK, "finished"}};
  const bool server = context->role() == schannel::Role::kServer;
  const schannel::Step hello =
      context->Handshake(server ? std::vector<Bytes>{ToBytes("hello")} : std::vector<Bytes>{});
  const schannel::Step finished = context->Handshake({ToBytes("flight")});
  if (hello.status != SEC_I_CONTINUE_NEEDED || finished.status != SEC_E_OK) {
    throw std::runtime_error("the scripted handshake did not end");
  }
}

void Fixture::Finish() {
  context.reset();
  credential.reset();
  sspi.Verify();
}

}  // namespace test
