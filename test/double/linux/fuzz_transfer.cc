// libFuzzer: the input is what a peer sends, when, in which pieces, and how Windows answers.
#include "double/linux/pair.h"

using namespace pair;
using schannel_double::Choice;

namespace {

struct Source {
  const uint8_t* at;
  size_t left;
  unsigned Byte() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  schannel_double::SetProfile("2022");
  Source source = {data, size};
  const unsigned head = source.Byte();
  const bool server = (head & 1) != 0;
  const bool tls13 = (head & 2) != 0;
  for (int choice = 0; choice < static_cast<int>(Choice::kCount); ++choice) {
    schannel_double::Fix(static_cast<Choice>(choice), static_cast<int>(source.Byte() % 3));
  }
  Peer peer(!server, tls13 ? TLS1_3_VERSION : TLS1_2_VERSION, static_cast<int>(head >> 2 & 3));
  const auto context = MakeContext(server);
  Bytes wire;
  if (!Shake(*context, peer, wire)) Fail("handshake");
  Bytes expected, plain;
  bool damaged = false, over = false;
  while (source.left > 0 && !over) {
    const unsigned what = source.Byte();
    switch (what & 7) {
      case 0:
      case 1: {
        const Bytes text(1 + (source.Byte() | source.Byte() << 8) % 20000,
                         static_cast<uint8_t>(what));
        SSL_write(peer.ssl.get(), text.data(), static_cast<int>(text.size()));
        expected.insert(expected.end(), text.begin(), text.end());
        break;
      }
      case 2:
        if (tls13) {
          SSL_key_update(peer.ssl.get(),
                         (what & 8) != 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
          SSL_do_handshake(peer.ssl.get());
        }
        break;
      case 3:
        if (tls13 && !server) {
          SSL_new_session_ticket(peer.ssl.get());
          SSL_do_handshake(peer.ssl.get());
        }
        break;
      case 4:
        SSL_shutdown(peer.ssl.get());
        break;
      case 5: {
        Bytes more = peer.Take();
        if (!more.empty()) {
          more[(source.Byte() | source.Byte() << 8) % more.size()] ^=
              static_cast<uint8_t>(1 + source.Byte() % 255);
          damaged = true;
        }
        wire.insert(wire.end(), more.begin(), more.end());
        break;
      }
      default: {
        const Bytes more = peer.Take();
        wire.insert(wire.end(), more.begin(), more.end());
        const size_t header = context->sizes().cbHeader;
        size_t give = (what & 0x80) != 0
                          ? wire.size()
                          : std::min<size_t>(wire.size(), source.Byte() | source.Byte() << 8);
        bool apart = (what & 0x40) != 0;
        if (give < header) break;
        uint8_t* const block = static_cast<uint8_t*>(std::malloc(give));
        uint8_t* const other = static_cast<uint8_t*>(std::malloc(give + header));
        std::memcpy(block, wire.data(), give);
        const schannel::Transfer transfer =
            apart ? context->Decrypt({block, give}, {other, give + header}, header)
                  : context->Decrypt({block, give}, {block, give}, header);
        const uint8_t* const out = (apart ? other : block) + header;
        plain.insert(plain.end(), out, out + transfer.written);
        if (transfer.consumed > give) Fail("consumed more than there was");
        const Bytes message = transfer.message;
        std::free(block);
        std::free(other);
        wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(transfer.consumed));
        if (transfer.status == SEC_I_RENEGOTIATE) {
          const schannel::Step step = context->Handshake({message});
          if (step.status != SEC_E_OK) over = true;
          if (over && !damaged) Fail("a post-handshake message");
          peer.Give(step.token);
        } else if (transfer.status != SEC_E_OK) {
          over = true;
          if (!damaged && transfer.status != SEC_I_CONTEXT_EXPIRED) {
            std::fprintf(stderr, "status %08x\n", static_cast<unsigned>(transfer.status));
            Fail("a good record was refused");
          }
        }
      }
    }
  }
  if (!damaged &&
      plain != Bytes(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                              plain.size(), expected.size()))))
    Fail("plaintext");
  for (const std::string& line : schannel_double::TakeViolations()) {
    if (!damaged) {
      std::fprintf(stderr, "violation: %s\n", line.c_str());
      Fail("violation");
    }
  }
  return 0;
}
