#include <cstring>
#include <string>

#include "double/keys/key_calls.h"
#include "double/keys/key_guard.h"
#include "double/keys/key_handles.h"
#include "double/keys/key_tpm.h"

namespace schannel_double {
namespace {

const EVP_MD* Digest(LPCWSTR name) {
  if (name == nullptr) return nullptr;
  const std::wstring text = name;
  if (text == L"SHA1") return EVP_sha1();
  if (text == L"SHA256") return EVP_sha256();
  if (text == L"SHA384") return EVP_sha384();
  if (text == L"SHA512") return EVP_sha512();
  if (text == L"MD5") return EVP_md5();
  return nullptr;
}

}  // namespace

// [keys 17]
SECURITY_STATUS WINAPI SignHash(NCRYPT_KEY_HANDLE handle, VOID* padding, PBYTE hash,
                                DWORD hash_size, PBYTE out, DWORD room, DWORD* written,
                                DWORD flags) {
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  const SECURITY_STATUS asked = out == nullptr ? ERROR_SUCCESS : AskUser(*key, flags);
  if (asked != ERROR_SUCCESS) return asked;
  const OpenSslCall call;
  EVP_PKEY* const pkey = key->pkey.get();
  const bool rsa = key->algorithm == L"RSA";
  const size_t width = rsa ? static_cast<size_t>(EVP_PKEY_get_size(pkey))
                           : 2 * static_cast<size_t>((EVP_PKEY_get_bits(pkey) + 7) / 8);
  *written = static_cast<DWORD>(width);
  if (out == nullptr) return ERROR_SUCCESS;
  if (room < width) return NTE_BUFFER_TOO_SMALL;
  if (key->provider.tpm) {
    TpmAnswer answer = TpmAnswer::kSigns;
    SECURITY_STATUS status = ERROR_SUCCESS;
    if (!rsa) {
      status = TpmSignsOnCurve(key->bits, hash_size);
    } else if ((flags & NCRYPT_PAD_PSS_FLAG) != 0) {
      const auto& pss = *static_cast<BCRYPT_PSS_PADDING_INFO*>(padding);
      status = TpmSignsPss(key->bits, hash_size, pss.cbSalt, answer);
    }
    if (status != ERROR_SUCCESS) return status;
    if (answer == TpmAnswer::kZeros) {
      std::memset(out, 0, width);
      return ERROR_SUCCESS;
    }
  }
  EVP_PKEY_CTX* const ctx = EVP_PKEY_CTX_new(pkey, nullptr);
  EVP_PKEY_sign_init(ctx);
  bool good = true;
  if (rsa && (flags & NCRYPT_PAD_PSS_FLAG) != 0) {
    const auto& pss = *static_cast<BCRYPT_PSS_PADDING_INFO*>(padding);
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, Digest(pss.pszAlgId)) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, static_cast<int>(pss.cbSalt)) == 1;
  } else if (rsa) {
    const auto* const pkcs1 = static_cast<BCRYPT_PKCS1_PADDING_INFO*>(padding);
    if (pkcs1 == nullptr) {
      EVP_PKEY_CTX_free(ctx);
      return NTE_INVALID_PARAMETER;
    }
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    if (pkcs1->pszAlgId != nullptr) {
      good = good && EVP_PKEY_CTX_set_signature_md(ctx, Digest(pkcs1->pszAlgId)) == 1;
    }
  }
  Bytes signature(width + 64);
  size_t size = signature.size();
  good = good && EVP_PKEY_sign(ctx, signature.data(), &size, hash, hash_size) == 1;
  EVP_PKEY_CTX_free(ctx);
  if (!good) return NTE_INVALID_PARAMETER;
  if (rsa) {
    std::memcpy(out, signature.data(), width);
    return ERROR_SUCCESS;
  }
  const unsigned char* at = signature.data();
  ECDSA_SIG* const parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), out, static_cast<int>(width / 2));
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), out + width / 2, static_cast<int>(width / 2));
  ECDSA_SIG_free(parts);
  return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI Decrypt(NCRYPT_KEY_HANDLE handle, PBYTE in, DWORD in_size, VOID* padding,
                               PBYTE out, DWORD room, DWORD* written, DWORD flags) {
  const auto key = FindKey(handle);
  if (key == nullptr) return NTE_INVALID_HANDLE;
  const SECURITY_STATUS asked = out == nullptr ? ERROR_SUCCESS : AskUser(*key, flags);
  if (asked != ERROR_SUCCESS) return asked;
  const OpenSslCall call;
  if (key->algorithm != L"RSA") return NTE_NOT_SUPPORTED;
  const size_t width = static_cast<size_t>(EVP_PKEY_get_size(key->pkey.get()));
  *written = static_cast<DWORD>(width);
  if (out == nullptr) return ERROR_SUCCESS;
  EVP_PKEY_CTX* const ctx = EVP_PKEY_CTX_new(key->pkey.get(), nullptr);
  EVP_PKEY_decrypt_init(ctx);
  bool good = true;
  if ((flags & NCRYPT_PAD_OAEP_FLAG) != 0) {
    const auto& oaep = *static_cast<BCRYPT_OAEP_PADDING_INFO*>(padding);
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, Digest(oaep.pszAlgId)) == 1;
    if (oaep.cbLabel != 0) {
      void* const label = OPENSSL_memdup(oaep.pbLabel, oaep.cbLabel);
      good =
          good && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, static_cast<int>(oaep.cbLabel)) == 1;
    }
  } else if ((flags & NCRYPT_PAD_PKCS1_FLAG) != 0) {
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
  } else {
    good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
  }
  Bytes plain(width);
  size_t size = plain.size();
  good = good && EVP_PKEY_decrypt(ctx, plain.data(), &size, in, in_size) == 1;
  EVP_PKEY_CTX_free(ctx);
  if (!good) return NTE_INVALID_PARAMETER;
  if (room < size) return NTE_BUFFER_TOO_SMALL;
  std::memcpy(out, plain.data(), size);
  *written = static_cast<DWORD>(size);
  return ERROR_SUCCESS;
}

}  // namespace schannel_double
