#include "double/keys/key_tpm.h"

#include "double/world.h"

namespace schannel_double {
namespace {

// winerror.h. The first has the severity of a success, although the call has failed.
constexpr SECURITY_STATUS kUnsupportedPssSalt = 0x40290423;       // TPM_E_PCP_UNSUPPORTED_PSS_SALT
constexpr auto kSize = static_cast<SECURITY_STATUS>(0x80280095);  // TPM_20_E_SIZE

constexpr DWORD kSha256Size = 32;

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

SECURITY_STATUS TpmSignsOnCurve(DWORD bits, DWORD digest_size) {
  return digest_size * 8 > bits ? kSize : ERROR_SUCCESS;
}

}  // namespace schannel_double
