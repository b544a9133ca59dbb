// What SSPI itself can do: client and server in one program, without streams, sockets or
// JavaScript.
//
//   sspi-limit                      measures everything once
//   sspi-limit --serve              measures what each line of standard input requests
//
// A request is `throughput <bytes> <ms>`, `roundtrip <bytes> <ms>` or `handshake <ms>`; each
// answer is one line of JSON. The bench takes turns with its other contestants, so that a busy
// machine slows all of them equally.

#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

#include "endpoint.h"
#include "identity.h"
#include "measure.h"

namespace {

using limit::Credential;
using limit::Endpoint;
using limit::Role;

class Program {
 public:
  Program() { limit::Connect(client_, server_); }

  std::string CipherSuite() { return client_.CipherSuite(); }

  // False if the request is invalid.
  bool Answer(const std::string& line) {
    std::istringstream question(line);
    std::string kind;
    std::size_t size = 0;
    long milliseconds = 0;
    question >> kind;
    if (kind != "handshake") question >> size;
    question >> milliseconds;
    if (!question || milliseconds <= 0 || (kind != "handshake" && size == 0)) return false;
    const std::chrono::milliseconds duration(milliseconds);
    if (kind == "throughput") {
      const auto measured = limit::MeasureThroughput(client_, server_, size, duration);
      std::printf(
          "{\"kind\":\"throughput\",\"size\":%zu,\"bytes\":%zu,\"encryptNs\":%lld,"
          "\"decryptNs\":%lld}\n",
          size, measured.bytes, static_cast<long long>(measured.encrypting.count()),
          static_cast<long long>(measured.decrypting.count()));
    } else if (kind == "roundtrip" && size <= client_.maximum_message()) {
      Print(kind, size, limit::MeasureRoundTrip(client_, server_, size, duration));
    } else if (kind == "handshake") {
      Print(kind, size, limit::MeasureHandshake(client_credential_, server_credential_, duration));
    } else {
      return false;
    }
    std::fflush(stdout);
    return true;
  }

 private:
  static void Print(const std::string& kind, std::size_t size, const limit::Repetition& measured) {
    std::printf("{\"kind\":\"%s\",\"size\":%zu,\"count\":%zu,\"elapsedNs\":%lld}\n", kind.c_str(),
                size, measured.count, static_cast<long long>(measured.elapsed.count()));
  }

  limit::ServerIdentity identity_;
  Credential client_credential_{Role::kClient, nullptr};
  Credential server_credential_{Role::kServer, identity_.certificate()};
  Endpoint client_{client_credential_};
  Endpoint server_{server_credential_};
};

int Serve(Program& program) {
  for (std::string line; std::getline(std::cin, line);) {
    if (!program.Answer(line)) {
      std::fprintf(stderr, "not a question: %s\n", line.c_str());
      return 2;
    }
  }
  return 0;
}

int MeasureAll(Program& program) {
  for (const char* question : {"throughput 64 500", "throughput 1024 500", "throughput 16384 500",
                               "throughput 65536 500", "roundtrip 100 500", "handshake 500"}) {
    program.Answer(question);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool serve = argc == 2 && std::string(argv[1]) == "--serve";
    if (argc > 1 && !serve) {
      std::fprintf(stderr, "usage: sspi-limit [--serve]\n");
      return 2;
    }
    Program program;
    std::printf("{\"kind\":\"suite\",\"name\":\"%s\"}\n", program.CipherSuite().c_str());
    std::fflush(stdout);
    return serve ? Serve(program) : MeasureAll(program);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
