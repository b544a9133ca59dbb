// Which Windows the double plays, what it chooses where the behaviour of Windows is unknown, and
// which rules its caller has broken. In all of the double, [steps 3] is the entry "steps 3" of
// docs/windows-behaviour.md.
#pragma once

#include "platform/win.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace schannel_double {

// A version of Windows. [profiles 1]
struct Profile {
  const char* name;
  DWORD build;
  bool sch_credentials;          // [credentials 1]
  bool tls13;                    // [credentials 3]
  DWORD defaults;                // SP_PROT_* bits of both sides that are on by default [profiles 2]
  bool missing_hint;             // whether EMPTY buffers become MISSING [unread 4]
  SECURITY_STATUS no_container;  // when the key is gone [credentials 11]
};

extern const Profile kProfiles[];
[[nodiscard]] const Profile& CurrentProfile();
[[nodiscard]] bool SetProfile(const std::string& name);

// What Windows may do where no public text says which: the entries of docs/windows-behaviour.md
// that are open. 0 is the most common answer.
enum class Choice {
  kExtraForm,  // EXTRA of a post-handshake message: 0 the whole record, 1 its size only (null
               // pvBuffer), 2 the record without its header [messages 3]
  kRenegotiateLayout,  // 0 HEADER, empty DATA, TRAILER, EXTRA; 1 DATA with the input, EXTRA last;
                       // 2 only EXTRA, as the second buffer [messages 4]
  kMissing,            // the count in MISSING: 0 exact, 1 no MISSING at all, 2 wrong [unread 4]
  kShutdown,           // the step with an alert: 0 SEC_E_OK, 1 SEC_I_CONTEXT_EXPIRED [alerts 2]
  kAfterShutdown,      // a step with a message after our close_notify: 0 SEC_E_OK,
                       // 1 SEC_I_CONTEXT_EXPIRED [alerts 8]
  kAlertBuffer,        // where a failing step puts its alert: 0 TOKEN, 1 ALERT [steps 8]
  kBadRecord,          // 0 SEC_E_DECRYPT_FAILURE, 1 SEC_E_MESSAGE_ALTERED [records 9]
  kStopAtFlight,   // input that remains once there is a token to send: 0 it is read, 1 it becomes
                   // EXTRA [unread 3]
  kTickets,        // tickets of a TLS 1.3 server: 0 one, 1 none, 2 two [sessions 3]
  kNoPeer,         // REMOTE_CERT_CONTEXT without a certificate: 0 SEC_E_NO_CREDENTIALS,
                   // 1 SEC_E_INTERNAL_ERROR [attributes 7]
  kHandleGarbage,  // the new handle of a failed first step: 0 as before, 1 garbage [steps 2]
  kEmptyRecord,    // a record without data: 0 empty DATA, 1 no DATA [records 7]
  kNoResumption,   // what keeps a client's session from being resumed: 0 the lifespan or the
                   // token, 1 only the token, 2 only the lifespan [sessions 4]
  kTrailer,        // cbTrailer under TLS 1.3: 0 17, 1 32 [records 11]
  kMaximum,        // cbMaximumMessage: 0 16384, 1 16354 [records 12]
  kChosenInput,  // the step after INCOMPLETE_CREDENTIALS: 0 reads on behind what the one before has
                 // read, 1 reads the same bytes again and needs them [certificates 4]
  kOffersPha,    // a client offers post_handshake_auth: 0 yes, 1 no [messages 14]
  kResumes13,    // a client resumes TLS 1.3: 0 yes, 1 no [sessions 5]
  kPeersClose,   // EncryptMessage after the peer's close_notify: 0 works, 1 SEC_E_CONTEXT_EXPIRED.
                 // The seed never takes 1, which loses what an echo server has left to say
                 // [alerts 13]
  kPartOfMessage,  // records with only a part of a message: 0 SEC_I_CONTINUE_NEEDED,
                   // 1 SEC_E_INCOMPLETE_MESSAGE until all of it is there [steps 15]
  kAlpnAlert,      // the alert if there is no common protocol: 0 120, 1 40 [names 5]
  kLateData,    // data while a TLS 1.3 server waits for a certificate: 0 an error, 1 the step ends
                // and leaves it as EXTRA [messages 10]
  kDeniedKey,   // opening a key without rights to it: 0 NTE_PERM, 1 NTE_BAD_KEYSET [keys 24]
  kTpmSalt,     // a TPM's salt for PSS: 0 as long as the digest; 1 the longest possible, another
                // one is refused; 2 the same, another one gets a signature of zeros [keys 25]
  kEmptyToken,  // an empty TOKEN from a client that wishes to renegotiate: 0 as no input,
                // 1 SEC_E_INCOMPLETE_MESSAGE [messages 11]
  kCount
};

// The choices of one context. They depend on the seed and the number of the context, and not on the
// order in which threads run.
class Choices {
 public:
  explicit Choices(uint64_t ordinal);
  [[nodiscard]] unsigned Of(Choice choice, unsigned count);
  // Like Of, but the seed always takes 0.
  [[nodiscard]] static unsigned Fixed(Choice choice, unsigned count);
  [[nodiscard]] uint64_t Next();

 private:
  uint64_t state_;
};

// A choice that holds for the whole machine.
[[nodiscard]] unsigned MachineChoice(Choice choice, unsigned count);

// 0: every choice is 0. Another seed than before numbers contexts from 1 again.
void SetSeed(uint64_t seed);
[[nodiscard]] uint64_t NextOrdinal();  // the number of a new context or credential
// Fixes one choice for all contexts; -1 leaves it to the seed again.
void Fix(Choice choice, int value);
[[nodiscard]] bool FixByName(const std::string& name, int value);
// How long a call that Windows makes in LSASS may take. [calls 7]
void SetDelay(unsigned milliseconds);
void Dawdle(Choices& choices);

void Violate(const std::string& what);
[[nodiscard]] std::vector<std::string> TakeViolations();

// Memory with an inaccessible page behind its last byte. Once freed, all of it is inaccessible.
[[nodiscard]] void* GuardedAlloc(size_t size);
[[nodiscard]] bool GuardedFree(void* memory);  // false: unknown, or freed before

}  // namespace schannel_double
