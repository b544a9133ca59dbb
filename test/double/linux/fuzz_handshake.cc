// libFuzzer: a handshake in pieces and with damage, of either role; the caller behaves as the
// engine does.
#include "double/linux/pair.h"

using namespace pair;
using schannel_double::Choice;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  schannel_double::SetProfile("2022");
  size_t at = 0;
  const auto byte = [&]() -> unsigned { return at < size ? data[at++] : 0; };
  const unsigned head = byte();
  const bool server = (head & 1) != 0;
  for (int choice = 0; choice < static_cast<int>(Choice::kCount); ++choice) {
    schannel_double::Fix(static_cast<Choice>(choice), static_cast<int>(byte() % 3));
  }
  Peer peer(!server, (head & 2) != 0 ? TLS1_3_VERSION : TLS1_2_VERSION, 1);
  if ((head & 4) != 0 && !server) SSL_set_verify(peer.ssl.get(), SSL_VERIFY_PEER, nullptr);
  const auto context = MakeContext(server, (head & 8) != 0, (head & 16) != 0);
  bool damaged = false;
  bool again = false;  // what was there when the certificate was asked for is given again, whole
  bool done = false;
  if (!server) peer.Give(context->Handshake({}).token);
  Bytes held;
  for (int round = 0; round < 40 && !done; ++round) {
    SSL_do_handshake(peer.ssl.get());
    Bytes more = peer.Take();
    const unsigned what = byte();
    if ((what & 7) == 7 && !more.empty()) {
      more[(byte() | byte() << 8) % more.size()] ^= static_cast<uint8_t>(1 + byte() % 255);
      damaged = true;
    }
    held.insert(held.end(), more.begin(), more.end());
    if (held.empty()) break;
    // In portions, cut anywhere; what is not taken comes again with more behind it.
    const size_t give =
        (what & 8) != 0 && !again
            ? std::min<size_t>(held.size(), 1 + (byte() | byte() << 8) % held.size())
            : held.size();
    std::vector<Bytes> portions;
    const size_t cut = (what & 16) != 0 && !again ? byte() % (give + 1) : give;
    // An exactly sized block each: a read behind it shows.
    portions.emplace_back(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(cut));
    if (cut < give)
      portions.emplace_back(held.begin() + static_cast<std::ptrdiff_t>(cut),
                            held.begin() + static_cast<std::ptrdiff_t>(give));
    if (portions.front().empty()) portions.erase(portions.begin());
    if (portions.empty()) continue;
    const schannel::Step step = context->Handshake(portions);
    again = false;
    if (step.consumed > give) Fail("consumed more than was given");
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(step.consumed));
    peer.Give(step.token);
    if (step.status == SEC_I_INCOMPLETE_CREDENTIALS) {
      if (!step.issuers) Fail("no issuers");
      context->SetCredential(nullptr);
      again = true;
      continue;
    }
    if (step.status == SEC_E_OK) {
      if (!step.connection) Fail("no connection");
      done = true;
    } else if (step.status != SEC_I_CONTINUE_NEEDED && step.status != SEC_E_INCOMPLETE_MESSAGE) {
      if (!damaged) {
        std::fprintf(stderr, "status %08x\n", static_cast<unsigned>(step.status));
        Fail("a good handshake was refused");
      }
      if (context->started()) static_cast<void>(context->Alert(40));
      break;
    }
  }
  for (const std::string& line : schannel_double::TakeViolations()) {
    if (damaged) continue;
    std::fprintf(stderr, "violation: %s\n", line.c_str());
    Fail("violation");
  }
  return 0;
}
