// A connection from its credential to its end, in which each allocation and each call of SSPI fails
// once. Whatever fails, it ends with a status or an exception, and everything is given back.
#include "support/faults.h"

#include <functional>
#include <memory>
#include <new>

#include "double/linux/pair.h"
#include "handle/handle_counts.h"
#include "platform/windows_error.h"
#include "support/harness.h"

using namespace pair;
using schannel::SecurityContext;
using schannel::Step;
using schannel::Transfer;
using test::OwnMemory;

namespace {

// The functions of the double, which fail as Windows does without memory.
template <auto kMember, typename Function>
struct Failing;
template <auto kMember, typename Result, typename... Arguments>
struct Failing<kMember, Result (*)(Arguments...)> {
  static Result Call(Arguments... arguments) {
    if (test::MustFail()) return SEC_E_INSUFFICIENT_MEMORY;
    const OwnMemory memory;
    return (schannel_double::DoubleProvider().*kMember)(arguments...);
  }
};
template <auto kMember>
void SetFailing(SecurityFunctionTableW& table) {
  using Function = std::remove_reference_t<decltype(table.*kMember)>;
  table.*kMember = &Failing<kMember, Function>::Call;
}

const SecurityFunctionTableW& FailingProvider() {
  static const SecurityFunctionTableW table = [] {
    using Table = SecurityFunctionTableW;
    Table made = schannel_double::DoubleProvider();
    SetFailing<&Table::AcquireCredentialsHandleW>(made);
    SetFailing<&Table::QueryCredentialsAttributesW>(made);
    SetFailing<&Table::InitializeSecurityContextW>(made);
    SetFailing<&Table::AcceptSecurityContext>(made);
    SetFailing<&Table::ApplyControlToken>(made);
    SetFailing<&Table::QueryContextAttributesW>(made);
    SetFailing<&Table::SetContextAttributesW>(made);
    SetFailing<&Table::EncryptMessage>(made);
    SetFailing<&Table::DecryptMessage>(made);
    made.FreeCredentialsHandle = [](PCredHandle handle) {
      const OwnMemory memory;
      return schannel_double::DoubleProvider().FreeCredentialsHandle(handle);
    };
    made.DeleteSecurityContext = [](PCtxtHandle handle) {
      const OwnMemory memory;
      return schannel_double::DoubleProvider().DeleteSecurityContext(handle);
    };
    made.FreeContextBuffer = [](void* buffer) {
      const OwnMemory memory;
      return schannel_double::DoubleProvider().FreeContextBuffer(buffer);
    };
    return made;
  }();
  return table;
}

struct Scenario {
  bool server;
  int version;
  bool asks;     // the server asks for a certificate
  bool resumes;  // of a client: whether it may
};

// What a step or a transfer said that ends the connection.
struct Ended {};

class Play {
 public:
  explicit Play(const Scenario& scenario) : scenario_(scenario) {
    const OwnMemory memory;
    peer_ = std::make_unique<Peer>(!scenario.server, scenario.version, 2);
    if (scenario.asks && !scenario.server) {
      SSL_set_verify(peer_->ssl.get(), SSL_VERIFY_PEER, nullptr);
      const unsigned char id[] = {1};  // else a session that asked can't be offered again
      SSL_set_session_id_context(peer_->ssl.get(), id, sizeof id);
    }
  }
  ~Play() {
    // What is left of it can still be ended.
    try {
      if (context_ != nullptr && context_->started()) static_cast<void>(context_->Alert(80));
    } catch (const std::bad_alloc&) {
      if (!test::HasMetFault()) Fail("an alert threw");
    }
    context_.reset();
    const OwnMemory memory;
    peer_.reset();
    wire_ = Bytes();
  }

  void Run() {
    Begin();
    Shake();
    if (scenario_.version == TLS1_2_VERSION && !scenario_.server) {
      Peers([](SSL* ssl) { SSL_renegotiate(ssl); });
      Receive();
    }
    static_cast<void>(context_->PeerCertificate());
    static_cast<void>(
        schannel::ExportKeyingMaterial(context_->handle(), 32, "EXPORTER-faults", nullptr));
    for (int round = 0; round < 2; ++round) {
      Send(40000);
      Peers([](SSL* ssl) {
        const Bytes text(40000, 'p');
        SSL_write(ssl, text.data(), static_cast<int>(text.size()));
        if (SSL_version(ssl) == TLS1_3_VERSION) SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
      });
      Receive();
    }
    Give(context_->Shutdown());
  }

 private:
  void Begin() {
    schannel::CredentialOptions options;
    options.role = scenario_.server ? schannel::Role::kServer : schannel::Role::kClient;
    options.flags = scenario_.server ? 0x400002u : 0x400018u;
    if (scenario_.server) {
      const OwnMemory memory;
      const Bytes& der = Identity().der;
      options.certificates.push_back(
          std::make_shared<const schannel::UniqueCertificate>(CertCreateCertificateContext(
              X509_ASN_ENCODING, der.data(), static_cast<DWORD>(der.size()))));
    }
    auto credential = std::make_shared<const schannel::Credential>(FailingProvider(), options);
    schannel::ContextOptions context;
    context.target_name = scenario_.server ? L"" : L"a name that takes memory";
    context.request_flags = scenario_.server ? kServerFlags | (scenario_.asks ? 2u : 0u)
                                             : kClientFlags & ~(scenario_.asks ? 0x80u : 0u);
    context.resumes = scenario_.resumes;
    context.alpn = schannel::EncodeAlpn({Bytes{'h', '2'}, Bytes{'x'}});
    context_ = std::make_unique<SecurityContext>(std::move(credential), std::move(context));
    {
      const OwnMemory memory;
      options.certificates.clear();
    }
    if (!scenario_.server) Give(context_->Handshake({}));
  }

  void Shake() {
    for (int round = 0; round < 12; ++round) {
      Peers([](SSL*) {});
      if (done_ || wire_.empty()) return;
      done_ = StepOn();
    }
  }

  // Whether the handshake has ended.
  bool StepOn() {
    const Step step = context_->Handshake({wire_});
    if (step.status == SEC_E_INCOMPLETE_MESSAGE) return false;
    if (step.status == SEC_I_INCOMPLETE_CREDENTIALS) {
      context_->SetCredential(nullptr);
      return false;
    }
    Consume(step.consumed);
    Give(step);
    return step.status == SEC_E_OK;
  }

  void Give(const Step& step) {
    {
      const OwnMemory memory;
      peer_->Give(step.token);
    }
    if (step.status < 0) throw Ended();
  }

  void Consume(size_t count) {
    const OwnMemory memory;
    wire_.erase(wire_.begin(), wire_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  template <typename Action>
  void Peers(Action&& action) {
    const OwnMemory memory;
    action(peer_->ssl.get());
    SSL_do_handshake(peer_->ssl.get());
    peer_->Read();
    const Bytes more = peer_->Take();
    wire_.insert(wire_.end(), more.begin(), more.end());
  }

  void Send(size_t size) {
    Bytes text;
    Bytes sealed;
    {
      const OwnMemory memory;
      text = Bytes(size, 't');
      sealed = Bytes(size + 4096);
    }
    const Transfer transfer = context_->Encrypt(text, {sealed.data(), sealed.size()});
    {
      const OwnMemory memory;
      peer_->Give({sealed.data(), transfer.written});
      sealed = Bytes();
      text = Bytes();
    }
    if (transfer.status != SEC_E_OK) throw Ended();
  }

  // Decrypts what is there behind bytes that somebody else has.
  void Receive() {
    constexpr size_t kBefore = 100;
    for (int round = 0; round < 40 && !wire_.empty(); ++round) {
      Bytes output;
      {
        const OwnMemory memory;
        output = Bytes(kBefore + wire_.size(), 'b');
      }
      Transfer transfer;
      try {
        transfer = context_->Decrypt(wire_, {output.data(), output.size()}, kBefore);
      } catch (const std::bad_alloc&) {
        CheckBefore(output, kBefore);
        throw;
      }
      CheckBefore(output, kBefore);
      {
        const OwnMemory memory;
        output = Bytes();
      }
      Consume(transfer.consumed);
      if (transfer.status == SEC_I_RENEGOTIATE) {
        Later(transfer.message);
        Peers([](SSL*) {});
        continue;
      }
      if (transfer.status != SEC_E_OK) throw Ended();
    }
  }

  // A handshake within the connection.
  void Later(const Bytes& message) {
    Step step = context_->Handshake({message});
    Give(step);
    for (int round = 0; round < 12 && step.status == SEC_I_CONTINUE_NEEDED; ++round) {
      Peers([](SSL*) {});
      step = context_->Handshake({wire_});
      if (step.status == SEC_E_INCOMPLETE_MESSAGE) continue;
      Consume(step.consumed);
      Give(step);
    }
  }

  static void CheckBefore(const Bytes& output, size_t count) {
    for (size_t index = 0; index < count; ++index) CHECK_EQUAL(output[index], uint8_t{'b'});
  }

  const Scenario scenario_;
  std::unique_ptr<Peer> peer_;
  std::unique_ptr<SecurityContext> context_;
  Bytes wire_;  // of the peer, not read yet
  bool done_ = false;
};

void CheckNothingIsLeft() {
  for (const auto& count : schannel::live_handles) CHECK_EQUAL(count.load(), 0);
  const auto violations = schannel_double::TakeViolations();
  CHECK_EQUAL(violations.empty() ? std::string() : violations.front(), "");
}

// Returns how many faults there are in it.
size_t PlayWithEachFault(const Scenario& scenario) {
  const auto prepare = [&scenario] {
    const OwnMemory memory;
    schannel_double::SetProfile("2022");
    static_cast<void>(Identity());
  };
  return test::WithEachFault(prepare, [&scenario] {
    bool ended = true;
    try {
      std::unique_ptr<Play> play;
      {
        const OwnMemory memory;
        play = std::make_unique<Play>(scenario);
      }
      play->Run();
      ended = false;
      const OwnMemory memory;
      play.reset();
    } catch (const Ended&) {
    } catch (const std::bad_alloc&) {
    } catch (const schannel::WindowsError&) {
    }
    const OwnMemory memory;
    CHECK(!ended || test::HasMetFault());
    CheckNothingIsLeft();
  });
}

}  // namespace

TEST(client_of_tls_1_3_gives_everything_back_whatever_fails) {
  CHECK(PlayWithEachFault({false, TLS1_3_VERSION, false, true}) > 60);
  CHECK(PlayWithEachFault({false, TLS1_3_VERSION, true, false}) > 60);
}

TEST(client_of_tls_1_2_gives_everything_back_whatever_fails) {
  CHECK(PlayWithEachFault({false, TLS1_2_VERSION, false, true}) > 60);
  CHECK(PlayWithEachFault({false, TLS1_2_VERSION, true, false}) > 60);
}

TEST(server_gives_everything_back_whatever_fails) {
  CHECK(PlayWithEachFault({true, TLS1_3_VERSION, false, true}) > 40);
  CHECK(PlayWithEachFault({true, TLS1_2_VERSION, false, true}) > 40);
}
