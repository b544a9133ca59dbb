#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "win.h"

namespace limit {

enum class Role { kClient, kServer };

// A credential handle for TLS 1.2 only. It must outlive the endpoints made from it.
class Credential {
 public:
  // `certificate` is the server's; null for a client.
  Credential(Role role, PCCERT_CONTEXT certificate);
  ~Credential();
  Credential(const Credential&) = delete;
  Credential& operator=(const Credential&) = delete;

  Role role() const { return role_; }
  CredHandle* handle() { return &handle_; }

 private:
  Role role_;
  CredHandle handle_{};
};

// One side of a connection as in SSPI: without streams, sockets or copies that SSPI does not need.
// All memory belongs to the caller.
class Endpoint {
 public:
  explicit Endpoint(Credential& credential) : credential_(credential) {}
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  bool established() const { return established_; }

  // Processes the peer's flight (empty for a client's first call) and returns the answer.
  std::vector<std::uint8_t> Handshake(std::vector<std::uint8_t> flight);

  // The space that Encrypt() needs around the plaintext. Valid after the handshake.
  std::size_t header_size() const { return sizes_.cbHeader; }
  std::size_t trailer_size() const { return sizes_.cbTrailer; }
  std::size_t maximum_message() const { return sizes_.cbMaximumMessage; }

  // Encrypts the plaintext at `record` + header_size() in place; returns the size of the record.
  std::size_t Encrypt(std::uint8_t* record, std::size_t plaintext_size);

  // Decrypts one record in place; returns the size of the plaintext.
  std::size_t Decrypt(std::uint8_t* record, std::size_t record_size);

  // The suite's name, e.g. TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384.
  std::string CipherSuite();

 private:
  SECURITY_STATUS Step(SecBufferDesc* input, SecBufferDesc* output);

  Credential& credential_;
  CtxtHandle context_{};
  bool exists_ = false;
  bool established_ = false;
  SecPkgContext_StreamSizes sizes_{};
};

// Runs a handshake between the two in memory.
void Connect(Endpoint& client, Endpoint& server);

}  // namespace limit
