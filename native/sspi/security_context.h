// A TLS connection as Schannel sees it, of the side that its credential is for: handshake, records,
// alerts. No I/O and no Node-API.
#pragma once

#include "platform/win.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "handle/handles.h"
#include "platform/bytes.h"
#include "sspi/connection.h"
#include "sspi/credential.h"

namespace schannel {

struct ContextOptions {
  // Of a client: SNI and key of the session cache; the same for every call. Neither empty nor an
  // address sends SNI.
  std::wstring target_name;
  DWORD request_flags = 0;  // ISC_REQ_* of a client, ASC_REQ_* of a server
  Bytes alpn;               // see EncodeAlpn()
  bool resumes = true;      // false, of a client: neither resumes a session nor leaves one behind
};

// How a handshake, shutdown or alert ended.
struct Step {
  SECURITY_STATUS status = SEC_E_OK;
  const char* syscall = "";
  Bytes token;          // for the peer; an alert when status is a failure
  size_t consumed = 0;  // bytes of the portions, from the start of the first
  // With SEC_E_OK, unless nothing can have changed since the last time.
  std::optional<Connection> connection;
  // With SEC_I_INCOMPLETE_CREDENTIALS: see QueryIssuerList().
  std::optional<std::vector<Bytes>> issuers;
};

// How far Encrypt() or Decrypt() came.
struct Transfer {
  SECURITY_STATUS status = SEC_E_OK;  // of the last record
  size_t consumed = 0;                // input bytes, with those of a beginning
  size_t written = 0;                 // output bytes
  Bytes message;  // with SEC_I_RENEGOTIATE: input of the next Handshake(), none if it is empty
};

// One operation at a time. The provider must be told "one thread at a time" even for Encrypt beside
// Decrypt, since either may be followed by a handshake step ("EncryptMessage (Schannel)", remarks).
class SecurityContext : public std::enable_shared_from_this<SecurityContext> {
 public:
  SecurityContext(std::shared_ptr<const Credential> credential, ContextOptions options);

  [[nodiscard]] Role role() const noexcept { return credential_->role(); }
  // A first call made a context.
  [[nodiscard]] bool started() const noexcept { return static_cast<bool>(context_); }
  // A handshake was completed: there are sizes, and records can be exchanged.
  [[nodiscard]] bool open() const noexcept { return sizes_.cbMaximumMessage != 0; }
  [[nodiscard]] const SecPkgContext_StreamSizes& sizes() const noexcept { return sizes_; }
  [[nodiscard]] const UniqueContext& handle() const noexcept { return context_; }

  // One trip: portions go in one after the other for as long as the answer is
  // SEC_I_CONTINUE_NEEDED. Without portions one call is made that has no input. A client begins
  // without portions, a server with its peer's hello.
  [[nodiscard]] Step Handshake(const std::vector<Bytes>& portions);
  // The credential for a server that asked for a certificate (SEC_I_INCOMPLETE_CREDENTIALS), from
  // the next call on; null for none. The caller passes again to that call what the last one did not
  // take.
  void SetCredential(std::shared_ptr<const Credential> credential);
  // ISC_REQ_* or ASC_REQ_* for every call from here on.
  void SetRequestFlags(DWORD flags) noexcept { options_.request_flags = flags; }
  // With its issuers in hCertStore; empty when the peer sent none. Held from the end of a handshake
  // to the first record, in which time it is verified; after that Windows is asked, and may ask
  // LSASS.
  [[nodiscard]] UniqueCertificate PeerCertificate() const;
  // close_notify. Nothing can be encrypted afterwards.
  [[nodiscard]] Step Shutdown();
  // A fatal alert, RFC 8446 §6. Nothing can be done afterwards.
  [[nodiscard]] Step Alert(DWORD description);

  // Both check what they are given and throw WindowsError (E_INVALIDARG) before they touch it; what
  // Schannel answers is checked before it is used. lib/native/binding.ts has the same contract in
  // JavaScript's words. Other threads may write the input meanwhile (a SharedArrayBuffer), never
  // the output.

  // Splits `input` into records. Stops early when `output` has no room for another full one.
  // In place: the input may lie in the output, cbHeader bytes behind its start, with cbHeader +
  // cbTrailer bytes between the plaintexts of two records. Any other overlap is refused.
  [[nodiscard]] Transfer Encrypt(ByteView input, MutableByteView output);
  // Decrypts the whole records in `beginning` and `input`, as if one followed the other, into
  // `output` from `position` on, up to the first one whose status is not SEC_E_OK. `beginning` has
  // at most one record. Schannel decrypts where a record lies, so that each is copied to cbHeader
  // bytes before its plaintext's place. Hence
  //   reserved:  the bytes of both, counted from min(cbHeader, position) bytes before `position`;
  //   written:   no others; those before `position` are restored, those behind the plaintext
  //   spoilt; in place:  the output may be the input's own memory when `position` lies cbHeader
  //   bytes behind
  //              the input's start and nothing comes before it. Records that were not consumed,
  //              but for one that failed, are unharmed then. Any other overlap is refused.
  // The message of a SEC_I_RENEGOTIATE never lies in the output: it may be as long as its record.
  [[nodiscard]] Transfer Decrypt(ByteView input, MutableByteView output, size_t position,
                                 ByteView beginning = {});

 private:
  struct Answer {
    SECURITY_STATUS status;
    size_t unread;  // tail of the input (SECBUFFER_EXTRA)
  };

  Answer Give(const ByteView* input, Step& step);
  Answer GiveOnce(const ByteView* input, DWORD additional_flags, Step& step);
  SECURITY_STATUS Call(SecBufferDesc* input, DWORD additional_flags, Step& step);
  SECURITY_STATUS CallSide(PCtxtHandle current, PCtxtHandle next, SecBufferDesc* input,
                           DWORD additional_flags, SecBufferDesc* output, Step& step);
  void BeginAgain(Step& step);
  [[nodiscard]] bool ForbidReconnects(Step& step);
  Step SendControlToken(void* token, size_t size);
  [[nodiscard]] SECURITY_STATUS ApplyControl(void* token, size_t size);
  void Finish(Step& step);
  SECURITY_STATUS EncryptRecord(ByteView plaintext, uint8_t* output, size_t& produced);
  SECURITY_STATUS DecryptRecord(ByteView beginning, ByteView rest, uint8_t* plaintext, size_t room,
                                Transfer& transfer);
  SECURITY_STATUS Open(MutableByteView record, uint8_t* plaintext, Transfer& transfer);
  [[nodiscard]] size_t RoomBefore(size_t position) const noexcept;
  [[nodiscard]] PCtxtHandle raw() const noexcept {
    return const_cast<PCtxtHandle>(&context_.get().handle);
  }

  const SecurityFunctionTableW& sspi_;
  std::shared_ptr<const Credential> credential_;  // must outlive the context
  std::shared_ptr<const Credential> chosen_;      // takes its place in calls; null until set
  ContextOptions options_;
  UniqueContext context_;
  SecPkgContext_StreamSizes sizes_ = {};
  std::optional<UniqueCertificate> peer_;
  bool settled_ = false;  // TLS 1.3: what is known of the connection holds
  // Not if this side began a handshake within it: SEC_E_OK comes twice to a server that asks for a
  // certificate later, for its request and for the answer.
  bool begins_again_ = false;
};

}  // namespace schannel
