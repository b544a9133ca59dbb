// A provider that answers from a script and is as strict as Windows about how it is called.
#pragma once

#include "platform/win.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/bytes.h"
#include "sspi/credential.h"
#include "sspi/security_context.h"

namespace test {

using schannel::Bytes;
using schannel::ByteView;

[[nodiscard]] Bytes ToBytes(const std::string& text);
[[nodiscard]] std::string ToText(ByteView bytes);
// A TLS record: type, version 3.3, length, body.
[[nodiscard]] Bytes Record(const std::string& body, uint8_t type = 23);
[[nodiscard]] Bytes Join(const std::vector<Bytes>& parts);

// One answer of InitializeSecurityContextW or AcceptSecurityContext.
struct Flight {
  SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
  std::string token = {};
  std::string alert = {};
  size_t extra = 0;      // bytes at the end of the input that are not read
  bool missing = false;  // rewrites the empty input buffer to SECBUFFER_MISSING, as Windows 10 does
};

// What one of them was called with.
struct FlightCall {
  bool server = false;
  bool first = false;
  std::wstring target;
  ULONG flags = 0;
  ULONG_PTR credential = 0;
  bool has_input = false;
  Bytes input;  // of the TOKEN or, in a client's first call, of the APPLICATION_PROTOCOLS buffer
  Bytes alpn;   // of a server's APPLICATION_PROTOCOLS buffer
};

// How the buffers of DecryptMessage come back.
enum class Layout {
  kInOrder,        // HEADER, DATA, TRAILER, then what was not read
  kUntouched,      // as they were given, what was not read as the last
  kNothingBefore,  // what was not read as the second, and no others
};

// One answer of DecryptMessage.
struct Opened {
  SECURITY_STATUS status = SEC_E_OK;
  std::string plaintext = {};
  size_t header = 5;  // bytes of the record before the plaintext
  // SECBUFFER_EXTRA: the record from there to its end.
  std::optional<size_t> unread_from = {};
  bool unread_pointer = true;  // its pvBuffer is set
  Layout layout = Layout::kInOrder;
};

// SEC_I_RENEGOTIATE with a message, in every form that callers of Schannel are written for: the
// whole record or what stands behind its header, with and without a pointer, in every layout. No
// public text says which of them Windows uses.
[[nodiscard]] std::vector<Opened> PostHandshakeAnswers();

struct Sizes {
  ULONG header = 5;
  ULONG trailer = 16;
  ULONG maximum_message = 16384;
};

class ScriptedSspi {
 public:
  ScriptedSspi();
  ScriptedSspi(const ScriptedSspi&) = delete;
  ScriptedSspi& operator=(const ScriptedSspi&) = delete;
  ~ScriptedSspi();

  [[nodiscard]] const SecurityFunctionTableW& table() const { return table_; }

  // Throws std::runtime_error when Windows would have been called wrongly, or something was not
  // given back.
  void Verify() const;

  // The script, front first. A call without an answer is a violation.
  std::deque<Flight> flights;
  std::deque<Opened> opened;
  std::deque<SECURITY_STATUS> sealed;  // EncryptMessage; SEC_E_OK when there are none
  Sizes sizes;
  ULONG produced_trailer = 16;             // what EncryptMessage really needs of the trailer
  std::deque<SECURITY_STATUS> completed;   // CompleteAuthToken
  std::deque<SECURITY_STATUS> controlled;  // ApplyControlToken
  SECURITY_STATUS acquired = SEC_E_OK;
  // Fills the structure of an attribute; absent ones are SEC_E_UNSUPPORTED_FUNCTION.
  std::map<ULONG, std::function<SECURITY_STATUS(void*)>> attributes;

  // What happened.
  std::vector<FlightCall> flight_calls;
  std::vector<Bytes> control_tokens;
  std::vector<ULONG> credential_uses;  // SECPKG_CRED_*
  std::vector<DWORD> credential_versions;
  SCH_CREDENTIALS sch_credentials = {};
  DWORD disabled_protocols = 0;
  DWORD tls_parameters = 0;
  SCHANNEL_CRED schannel_cred = {};
  std::vector<PCCERT_CONTEXT> certificates;  // paCred
  size_t decrypt_calls = 0;
  std::vector<Bytes> unread;  // what DecryptMessage handed out as SECBUFFER_EXTRA
  size_t encrypt_calls = 0;
  size_t complete_calls = 0;
  std::map<ULONG, size_t> queries;  // of each attribute
  std::vector<Bytes> set_labels;    // KEYING_MATERIAL_INFO: label with its NUL
  std::vector<Bytes> set_contexts;
  bool set_context_absent = false;
  std::vector<Bytes> freed;  // what FreeContextBuffer found in the memory it was given

  // Memory for an answer, to be given back with FreeContextBuffer.
  void* Allocate(ByteView bytes);
  void Violate(const std::string& what);

  SECURITY_STATUS Acquire(ULONG use, void* auth_data, PCredHandle handle);
  SECURITY_STATUS FreeCredential(PCredHandle handle);
  SECURITY_STATUS Initialize(PCredHandle credential, PCtxtHandle context, const wchar_t* target,
                             ULONG flags, PSecBufferDesc input, PCtxtHandle new_context,
                             PSecBufferDesc output);
  SECURITY_STATUS Accept(PCredHandle credential, PCtxtHandle context, ULONG flags,
                         PSecBufferDesc input, PCtxtHandle new_context, PSecBufferDesc output);
  SECURITY_STATUS Complete(PCtxtHandle context);
  SECURITY_STATUS Control(PCtxtHandle context, PSecBufferDesc token);
  SECURITY_STATUS DeleteContext(PCtxtHandle context);
  SECURITY_STATUS Free(void* memory);
  SECURITY_STATUS Query(PCtxtHandle context, ULONG attribute, void* out);
  SECURITY_STATUS Set(PCtxtHandle context, ULONG attribute, void* value);
  SECURITY_STATUS Encrypt(PCtxtHandle context, PSecBufferDesc message);
  SECURITY_STATUS Decrypt(PCtxtHandle context, PSecBufferDesc message);

 private:
  bool Known(PCtxtHandle context);
  SECURITY_STATUS Advance(FlightCall call, PCredHandle credential, PCtxtHandle context,
                          PSecBufferDesc input, PCtxtHandle new_context, PSecBufferDesc output);
  void CheckInput(const FlightCall& call, PSecBufferDesc input);
  void Answer(const Flight& flight, PSecBufferDesc input, PSecBufferDesc output);

  SecurityFunctionTableW table_ = {};
  std::map<ULONG_PTR, ULONG> credentials_;  // with their SECPKG_CRED_*
  std::set<ULONG_PTR> contexts_;
  std::map<void*, Bytes> memory_;
  ULONG_PTR next_handle_ = 100;
  std::vector<std::string> violations_;
};

// A context over a scripted provider.
struct Fixture {
  explicit Fixture(schannel::ContextOptions options = {L"host.example", 0x1234, {}},
                   schannel::Role role = schannel::Role::kClient);
  // Runs the handshake up to records that can be exchanged.
  void Open();
  // Gives everything back, then throws as ScriptedSspi::Verify() does.
  void Finish();

  ScriptedSspi sspi;
  std::shared_ptr<const schannel::Credential> credential;
  std::unique_ptr<schannel::SecurityContext> context;
};

}  // namespace test
