import { hexNumber } from './versions.js';

/** Signature schemes by name (IANA, "TLS SignatureScheme"), with those of TLS 1.2 that need DSA, SHA-1 or MD5. */
export const SIGNATURE_SCHEMES = {
  ecdsa_secp256r1_sha256: 0x0403,
  ecdsa_secp384r1_sha384: 0x0503,
  ecdsa_secp521r1_sha512: 0x0603,
  ed25519: 0x0807,
  ed448: 0x0808,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
  rsa_pss_pss_sha256: 0x0809,
  rsa_pss_pss_sha384: 0x080a,
  rsa_pss_pss_sha512: 0x080b,
  ecdsa_brainpoolP256r1tls13_sha256: 0x081a,
  ecdsa_brainpoolP384r1tls13_sha384: 0x081b,
  ecdsa_brainpoolP512r1tls13_sha512: 0x081c,
  mldsa44: 0x0904,
  mldsa65: 0x0905,
  mldsa87: 0x0906,
  rsa_pkcs1_sha256: 0x0401,
  rsa_pkcs1_sha384: 0x0501,
  rsa_pkcs1_sha512: 0x0601,
  ecdsa_sha224: 0x0303,
  rsa_pkcs1_sha224: 0x0301,
  ecdsa_sha1: 0x0203,
  rsa_pkcs1_sha1: 0x0201,
  dsa_sha512: 0x0602,
  dsa_sha384: 0x0502,
  dsa_sha256: 0x0402,
  dsa_sha224: 0x0302,
  dsa_sha1: 0x0202,
  rsa_pkcs1_md5: 0x0101,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(SIGNATURE_SCHEMES).map(([name, number]) => [number, name]),
);

export const ALL_SCHEMES: readonly number[] = Object.values(SIGNATURE_SCHEMES);

/** 'ecdsa_secp256r1_sha256'; '0x0709' for a number that has no name. */
export const schemeName = (scheme: number): string => NAMES.get(scheme) ?? hexNumber(scheme);
