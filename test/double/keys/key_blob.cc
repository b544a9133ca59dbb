#include "double/keys/key_blob.h"

#include <cstring>

namespace schannel_double {
namespace {

BIGNUM* Number(const uint8_t*& at, size_t size) {
  BIGNUM* const number = BN_bin2bn(at, static_cast<int>(size), nullptr);
  at += size;
  return number;
}

}  // namespace

PKey FromRsaBlob(const uint8_t* blob, size_t size) {
  ULONG head[6];  // magic, bits, e, n, p, q
  if (size < sizeof head) return nullptr;
  std::memcpy(head, blob, sizeof head);
  if (head[0] != 0x33415352) return nullptr;  // RSA3
  const uint8_t* at = blob + sizeof head;
  if (size <
      sizeof head + head[2] + 2 * size_t{head[3]} + 3 * size_t{head[4]} + 2 * size_t{head[5]})
    return nullptr;
  RSA* const rsa = RSA_new();
  BIGNUM* const e = Number(at, head[2]);
  BIGNUM* const n = Number(at, head[3]);
  BIGNUM* const p = Number(at, head[4]);
  BIGNUM* const q = Number(at, head[5]);
  BIGNUM* const dp = Number(at, head[4]);
  BIGNUM* const dq = Number(at, head[5]);
  BIGNUM* const qi = Number(at, head[4]);
  BIGNUM* const d = Number(at, head[3]);
  RSA_set0_key(rsa, n, e, d);
  RSA_set0_factors(rsa, p, q);
  RSA_set0_crt_params(rsa, dp, dq, qi);
  PKey pkey(EVP_PKEY_new());
  EVP_PKEY_assign_RSA(pkey.get(), rsa);
  return pkey;
}

PKey FromEcBlob(const uint8_t* blob, size_t size) {
  ULONG head[2];
  if (size < sizeof head) return nullptr;
  std::memcpy(head, blob, sizeof head);
  const size_t width = head[1];
  const int curve = width == 32   ? NID_X9_62_prime256v1
                    : width == 48 ? NID_secp384r1
                                  : NID_secp521r1;
  if (size < sizeof head + 3 * width) return nullptr;
  const uint8_t* at = blob + sizeof head;
  BIGNUM* const x = Number(at, width);
  BIGNUM* const y = Number(at, width);
  BIGNUM* const d = Number(at, width);
  EC_KEY* const ec = EC_KEY_new_by_curve_name(curve);
  const bool good =
      EC_KEY_set_public_key_affine_coordinates(ec, x, y) == 1 && EC_KEY_set_private_key(ec, d) == 1;
  BN_free(x);
  BN_free(y);
  BN_clear_free(d);
  if (!good) {
    EC_KEY_free(ec);
    return nullptr;
  }
  PKey pkey(EVP_PKEY_new());
  EVP_PKEY_assign_EC_KEY(pkey.get(), ec);
  return pkey;
}

}  // namespace schannel_double
