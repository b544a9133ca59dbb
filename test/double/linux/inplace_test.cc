// In-place decryption as the engine does it, in a heap block that ends with the last record.
#include "double/linux/pair.h"

using namespace pair;

namespace {

// Feeds `bytes` as one chunk; collects the plaintext. True when all of it went well.
bool Feed(schannel::SecurityContext& context, Peer& peer, const Bytes& bytes, Bytes& plain,
          bool singly) {
  Bytes left = bytes;
  if (singly) {  // each record in a block to itself
    while (left.size() >= 5) {
      const size_t size = 5 + (size_t{left[3]} << 8 | left[4]);
      const Bytes record(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(size));
      left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(size));
      if (!Feed(context, peer, record, plain, false)) return false;
    }
    return true;
  }
  while (!left.empty()) {
    const size_t header = context.sizes().cbHeader;
    uint8_t* const block = static_cast<uint8_t*>(std::malloc(left.size()));  // exactly
    std::memcpy(block, left.data(), left.size());
    const schannel::Transfer transfer =
        context.Decrypt({block, left.size()}, {block, left.size()}, header);
    plain.insert(plain.end(), block + header, block + header + transfer.written);
    const size_t behind = header + transfer.written;
    const Bytes message = transfer.message;
    const Bytes rest(block + transfer.consumed, block + left.size());
    std::free(block);
    left = rest;
    if (transfer.status == SEC_I_RENEGOTIATE) {
      const schannel::Step step = context.Handshake({message});
      if (step.status != SEC_E_OK) return false;
      peer.Give(step.token);
      continue;
    }
    if (transfer.status == SEC_I_CONTEXT_EXPIRED) return true;
    if (transfer.status != SEC_E_OK) return false;
    if (transfer.consumed == 0) break;
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  const int seeds = count > 1 ? std::atoi(arguments[1]) : 40;
  schannel_double::SetProfile("2022");
  size_t runs = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    schannel_double::SetSeed(static_cast<uint64_t>(seed));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      for (const bool server : {false, true}) {
        Peer peer(!server, version, 2);
        const auto context = MakeContext(server);
        Bytes rest;
        if (!Shake(*context, peer, rest)) Fail("handshake");
        Bytes expected, plain;
        Bytes wire = rest;
        for (int part = 0; part < 4; ++part) {
          const Bytes data(static_cast<size_t>(1 + seed * 37 % 3000),
                           static_cast<uint8_t>('a' + part));
          SSL_write(peer.ssl.get(), data.data(), static_cast<int>(data.size()));
          expected.insert(expected.end(), data.begin(), data.end());
          if (version == TLS1_3_VERSION && part == 1) {
            SSL_key_update(peer.ssl.get(), SSL_KEY_UPDATE_REQUESTED);
            SSL_do_handshake(peer.ssl.get());
          }
        }
        SSL_shutdown(peer.ssl.get());
        const Bytes more = peer.Take();
        wire.insert(wire.end(), more.begin(), more.end());
        if (!Feed(*context, peer, wire, plain, seed % 2 == 0)) Fail("feeding");
        if (plain != expected) Fail("plaintext");
        const Bytes answer(20000, 'z');
        Bytes sealed(answer.size() + 8 * 100);
        const schannel::Transfer out = context->Encrypt(answer, {sealed.data(), sealed.size()});
        if (out.status != SEC_E_OK) Fail("encrypt");
        peer.Give(ByteView(sealed.data(), out.written));
        const schannel::Step end = context->Shutdown();
        if (end.status < 0 || end.token.empty()) Fail("shutdown");
        peer.Give(end.token);
        if (peer.Read() != answer) Fail("what the peer read");
        if ((SSL_get_shutdown(peer.ssl.get()) & SSL_RECEIVED_SHUTDOWN) == 0)
          Fail("close_notify did not arrive");
        ++runs;
      }
    }
    for (const std::string& line : schannel_double::TakeViolations()) {
      std::fprintf(stderr, "violation (seed %d): %s\n", seed, line.c_str());
      Fail("violations");
    }
  }
  std::printf(
      "ok reads tickets, key updates, data and close_notify of %zu connections in exactly sized "
      "memory\n",
      runs);
  std::printf("1 passed, 0 failed, 0 skipped\n");
  return 0;
}
