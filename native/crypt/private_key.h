// An open private key, wherever it lives.
#pragma once

#include "platform/win.h"

#include <optional>
#include <string>

#include "crypt/key_api.h"
#include "platform/bytes.h"
#include "platform/lock.h"
#include "platform/secret.h"

namespace schannel {

// What is known of a key without using it; absent if the provider does not report it.
struct KeyFacts {
  bool cng = false;
  std::optional<std::wstring> provider;
  std::optional<std::wstring> name;
  std::optional<std::wstring> unique_name;
  DWORD provider_type = 0;
  DWORD key_spec = 0;
  std::optional<std::wstring> algorithm;
  std::optional<DWORD> bits;
  std::optional<DWORD> export_policy;   // NCRYPT_ALLOW_*
  std::optional<DWORD> implementation;  // NCRYPT_IMPL_*
  bool machine = false;
};

enum class SignPadding { kNone, kPkcs1, kPss };

struct SignScheme {
  SignPadding padding = SignPadding::kNone;
  std::wstring hash;  // CNG's name; empty: padded as it is
  ULONG salt_length = 0;
};

enum class DecryptPadding { kNone, kPkcs1, kOaep };

struct DecryptScheme {
  DecryptPadding padding = DecryptPadding::kNone;
  std::wstring hash;
  Bytes label;
};

struct ExportForm {
  std::wstring type;               // of the blob
  std::optional<Secret> password;  // UTF-16 with its terminator
  int iterations = 0;
};

// Each call may block, and all throw WindowsError. They take turns: two threads must not use one
// handle of a CSP at once.
class PrivateKey {
 public:
  PrivateKey() = default;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  virtual ~PrivateKey() = default;

  [[nodiscard]] const KeyFacts& facts() const noexcept { return facts_; }
  // SubjectPublicKeyInfo as DER.
  [[nodiscard]] const std::optional<Bytes>& public_key() const noexcept { return public_key_; }

  // RSA: big-endian. Elliptic curves: r and s, one behind the other.
  [[nodiscard]] Bytes Sign(ByteView digest, const SignScheme& scheme);
  [[nodiscard]] Secret Decrypt(ByteView data, const DecryptScheme& scheme);
  [[nodiscard]] Secret Export(const ExportForm& form);
  // Its security descriptor, self-relative: the parts that `parts` names.
  [[nodiscard]] Bytes Security(SECURITY_INFORMATION parts);
  // Replaces these parts in the stored key. Refuses a descriptor that is malformed.
  void SetSecurity(SECURITY_INFORMATION parts, ByteView descriptor);
  // Closes the handles, even if others still refer to this. Afterwards only the facts are
  // available.
  void Close();

 protected:
  void SetFacts(KeyFacts facts) { facts_ = std::move(facts); }
  void SetPublicKey(const KeyApi& api, ULONG_PTR handle, DWORD key_spec);

 private:
  [[nodiscard]] virtual Bytes DoSign(ByteView digest, const SignScheme& scheme) = 0;
  [[nodiscard]] virtual Secret DoDecrypt(ByteView data, const DecryptScheme& scheme) = 0;
  [[nodiscard]] virtual Secret DoExport(const ExportForm& form) = 0;
  [[nodiscard]] virtual Bytes DoSecurity(SECURITY_INFORMATION parts) = 0;
  virtual void DoSetSecurity(SECURITY_INFORMATION parts, const Bytes& descriptor) = 0;
  virtual void DoClose() noexcept = 0;
  void CheckOpen() const;

  Lock lock_;
  bool closed_ = false;
  KeyFacts facts_;
  std::optional<Bytes> public_key_;
};

}  // namespace schannel
