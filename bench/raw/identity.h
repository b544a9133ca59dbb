#pragma once

#include <string>

#include "win.h"

namespace limit {

// A self-signed server certificate whose RSA key lives in a key container of this process's own
// name, because Schannel serves with persisted keys only. The container goes with the object.
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
