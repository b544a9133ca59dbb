#include "double/keys/key_tpm.h"

#include <cstring>

#include "double/world.h"

namespace schannel_double {
namespace {

// winerror.h. The first has the severity of a success, although the call has failed.
constexpr SECURITY_STATUS kUnsupportedPssSalt = 0x40290423;       // TPM_E_PCP_UNSUPPORTED_PSS_SALT
constexpr auto kSize = static_cast<SECURITY_STATUS>(0x80280095);  // TPM_20_E_SIZE

constexpr DWORD kSha256Size = 32;

// OpenSSL pads PSS itself, and so wants no padding for it.
int SignInTpm(int size, const unsigned char* from, unsigned char* to, RSA* rsa, int padding) {
  const unsigned kind = padding == RSA_NO_PADDING ? MachineChoice(Choice::kTpmSalt, 3) : 0;
  if (kind == 1) return -1;
  if (kind == 2) {
    std::memset(to, 0, static_cast<size_t>(RSA_size(rsa)));
    return RSA_size(rsa);
  }
  return RSA_meth_get_priv_enc(RSA_PKCS1_OpenSSL())(size, from, to, rsa, padding);
}

}  // namespace

SECURITY_STATUS TpmMakes(const std::wstring& algorithm, DWORD bits) {
  const bool made =
      algorithm == L"RSA" ? bits <= 2048 : algorithm == L"ECDSA_P256" || algorithm == L"ECDSA_P384";
  return made ? ERROR_SUCCESS : NTE_NOT_SUPPORTED;
}

SECURITY_STATUS TpmSignsPss(DWORD bits, DWORD digest_size, ULONG salt, TpmAnswer& answer) {
  answer = TpmAnswer::kSigns;
  if (digest_size > kSha256Size) return NTE_NOT_SUPPORTED;
  const unsigned kind = MachineChoice(Choice::kTpmSalt, 3);
  if (salt == (kind == 0 ? digest_size : bits / 8 - digest_size - 2)) return ERROR_SUCCESS;
  if (kind != 2) return kUnsupportedPssSalt;
  answer = TpmAnswer::kZeros;
  return ERROR_SUCCESS;
}

PKey InTpm(PKey key) {
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return key;
  static const RSA_METHOD* const method = [] {
    RSA_METHOD* const made = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    RSA_meth_set_priv_enc(made, &SignInTpm);
    return made;
  }();
  RSA* const rsa = EVP_PKEY_get1_RSA(key.get());
  RSA_set_method(rsa, method);
  PKey in_tpm(EVP_PKEY_new());
  EVP_PKEY_set1_RSA(in_tpm.get(), rsa);
  RSA_free(rsa);
  return in_tpm;
}

SECURITY_STATUS TpmSignsOnCurve(DWORD bits, DWORD digest_size) {
  return digest_size * 8 > bits ? kSize : ERROR_SUCCESS;
}

}  // namespace schannel_double
