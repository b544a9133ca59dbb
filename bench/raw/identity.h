#pragma once

#include <string>

#include "win.h"

namespace limit {

// A self-signed server certificate with an RSA key in a key container named after this process,
// because Schannel servers need persisted keys. The container is deleted with the object.
class ServerIdentity {
 public:
  ServerIdentity();
  ~ServerIdentity();
  ServerIdentity(const ServerIdentity&) = delete;
  ServerIdentity& operator=(const ServerIdentity&) = delete;

  PCCERT_CONTEXT certificate() const { return certificate_; }

 private:
  void GenerateKey();
  void Sign();
  void DeleteContainer();

  std::wstring container_;
  HCRYPTPROV provider_ = 0;
  PCCERT_CONTEXT certificate_ = nullptr;
};

}  // namespace limit
