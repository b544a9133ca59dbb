import { sequence, unsigned } from '../../formats/asn1/der-writer.js';
import { argumentError } from '../../base/errors/argument-error.js';
import type { NativeSignScheme } from '../../native/store-binding.js';
import { checkInteger, checkOneOf } from './arguments.js';
import { type Digest } from './digest.js';
import { type KeyFacts } from './facts.js';

/** How to sign; the names are those of crypto.sign(). */
export interface SignOptions {
  /** For RSA. Default 'pkcs1' (RSASSA-PKCS1-v1_5). */
  readonly padding?: 'pkcs1' | 'pss' | undefined;
  /**
   * Bytes of salt with 'pss'. Default the length of the digest, as TLS 1.3 and JSON Web Signatures require. TPMs
   * support no other.
   */
  readonly saltLength?: number | undefined;
  /** For elliptic curves. Default 'der'; JSON Web Signatures need 'ieee-p1363'. Ignored for RSA. */
  readonly dsaEncoding?: 'der' | 'ieee-p1363' | undefined;
}

/**
 * The padding of a signature.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 */
export function signSchemeOf(
  facts: Pick<KeyFacts, 'algorithm' | 'bits'>,
  digest: Digest,
  options: SignOptions,
): NativeSignScheme {
  const { padding, saltLength, dsaEncoding } = options;
  checkOneOf('padding', ['pkcs1', 'pss'], padding);
  checkOneOf('dsaEncoding', ['der', 'ieee-p1363'], dsaEncoding);
  if (facts.algorithm !== 'rsa') {
    if (padding !== undefined) throw paddingOfCurve(padding);
    return { padding: 'none', hash: '', saltLength: 0 };
  }
  if (padding !== 'pss') return { padding: 'pkcs1', hash: digest.cngName, saltLength: 0 };
  checkInteger('saltLength', saltLength, 0, longestSalt(digest, facts.bits));
  return { padding, hash: digest.cngName, saltLength: saltLength ?? digest.size };
}

/**
 * What of a digest is signed. ECDSA uses only as many bits as the curve has (FIPS 186-5 §6.4.1). A TPM refuses a longer
 * digest instead of cutting it (ElMostafaIdrassi/pcpcrypto, "Known Limitations").
 */
export const signedPart = (
  { algorithm, bits }: Pick<KeyFacts, 'algorithm' | 'bits'>,
  digest: Uint8Array,
): Uint8Array => (algorithm === 'ec' && bits !== null ? digest.subarray(0, Math.ceil(bits / 8)) : digest);

const paddingOfCurve = (padding: string): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'padding' is only for RSA keys. Received '${padding}' for a key on an elliptic curve`,
  );

/** EMSA-PSS (RFC 8017 §9.1.1) has room for a digest, a salt and two bytes. */
const longestSalt = ({ size }: Digest, bits: number | null): number =>
  Math.max(0, Math.ceil(((bits ?? 16384) - 1) / 8) - size - 2);

/**
 * Ecdsa-Sig-Value (RFC 3279 §2.2.3) of r‖s as CNG gives it. The length of the halves follows from the signature. The
 * digest can have another length, as with P-521.
 */
export function toDerSignature(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  return sequence(unsigned(raw.subarray(0, half)), unsigned(raw.subarray(half)));
}
