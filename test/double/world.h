// What the double is told to be, what it decides by chance, and what it has seen its caller do wrong.
#pragma once

#include "platform/win.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace schannel_double {

// A Windows: what is certain of it, by facts/schannel.md §2.1, §17.
struct Profile {
  const char* name;
  DWORD build;
  bool sch_credentials;  // §2.1: from 17763
  bool tls13;            // §2.1: from 20348
  DWORD defaults;        // SP_PROT_* bits of both sides, on without being asked for
  bool missing_hint;     // §5.6: Windows 10 and later rewrite an EMPTY buffer to MISSING
  SECURITY_STATUS no_container;  // §2.4: key property whose container is missing
};

extern const Profile kProfiles[];
[[nodiscard]] const Profile& CurrentProfile();
[[nodiscard]] bool SetProfile(const std::string& name);

// Choices among what Windows may do, where no public text says which. Zero is the commonest.
enum class Choice {
  kExtraForm,     // of a post-handshake message: 0 whole record, 1 whole by count only (null
                  // pvBuffer), 2 record without its header
  kRenegotiateLayout,  // 0 HEADER, DATA of nothing, TRAILER, EXTRA; 1 the input stays as DATA;
                       // 2 only EXTRA, in slot 1
  kMissing,       // hint: 0 exact, 1 absent, 2 wrong
  kShutdown,      // 0 SEC_E_OK, 1 SEC_I_CONTEXT_EXPIRED
  kAfterShutdown, // a step with a message after our close_notify: 0 SEC_E_OK, 1 SEC_I_CONTEXT_EXPIRED
  kAlertBuffer,   // of a failure: 0 TOKEN, 1 ALERT
  kBadRecord,     // 0 SEC_E_DECRYPT_FAILURE, 1 SEC_E_MESSAGE_ALTERED
  kStopAtFlight,  // input behind a flight: 0 read on, 1 EXTRA as soon as there is something to send
  kTickets,       // a server's TLS 1.3 tickets: 0 one, 1 none, 2 two
  kNoPeer,        // REMOTE_CERT_CONTEXT without a certificate: 0 NO_CREDENTIALS, 1 INTERNAL_ERROR
  kHandleGarbage, // out handle of a failed first call: 0 untouched, 1 garbage
  kEmptyRecord,   // of an empty record: 0 DATA of nothing, 1 no DATA
  kCount
};

// Of one context: the same seed and the same number of the context give the same choices, whatever
// the threads do.
class Choices {
 public:
  explicit Choices(uint64_t ordinal);
  [[nodiscard]] unsigned Of(Choice choice, unsigned count);
  [[nodiscard]] uint64_t Next();

 private:
  uint64_t state_;
};

void SetSeed(uint64_t seed);  // 0: always the first
// Fixes one choice for all contexts made from now on; -1 leaves it to the seed.
void Fix(Choice choice, int value);
[[nodiscard]] bool FixByName(const std::string& name, int value);
void SetDelay(unsigned milliseconds);  // at most that long in what Windows does in LSASS
void Dawdle(Choices& choices);

void Violate(const std::string& what);
[[nodiscard]] std::vector<std::string> TakeViolations();

// Journal of the calls, for tests that want to see what was asked.
void Note(const std::string& what);
[[nodiscard]] std::vector<std::string> TakeNotes();
void SetNoting(bool on);

// Memory with an inaccessible page behind its last byte; inaccessible as a whole once freed.
[[nodiscard]] void* GuardedAlloc(size_t size);
[[nodiscard]] bool GuardedFree(void* memory);  // false: not ours, or freed before
[[nodiscard]] size_t GuardedCount();

}  // namespace schannel_double
