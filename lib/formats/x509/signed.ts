import { constants, type KeyObject, verify } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { bitString, sequence } from '../asn1/der-writer.js';
import { type RsaPadding, type SignatureAlgorithm, signatureAlgorithmOf } from './signature-algorithm.js';

/** The part of a private key that signs. A key of Windows has it, and so can a key in memory. */
export interface Signer {
  readonly publicKey: KeyObject;
  /**
   * Signs as crypto.sign() does: PKCS #1 v1.5 or PSS (with a salt as long as the digest) for RSA, DER for ECDSA.
   *
   * @param options `padding` is given for RSA-PSS, and nothing otherwise
   */
  sign(
    digest: SignatureAlgorithm['digest'],
    data: Uint8Array,
    options?: { readonly padding: 'pss' },
  ): Promise<Uint8Array>;
}

/** Something that a key will sign. */
export interface Unsigned {
  /** What the signature covers, DER. */
  readonly body: Buffer;
  readonly digest: SignatureAlgorithm['digest'];
  /** @returns SEQUENCE of the body, the algorithm and the signature, DER */
  complete(signature: Uint8Array): Buffer;
}

/**
 * Prepares what X.509 signs: SEQUENCE { body, AlgorithmIdentifier, BIT STRING }. Certificates (RFC 5280 §4.1), requests
 * (RFC 2986 §4.2), revocation lists (RFC 5280 §5.1) and OCSP responses (RFC 6960 §4.2.1) only differ in their body.
 *
 * @param bodyOf gets the algorithm (DER), which most bodies repeat
 * @param signerKey public key of the signer
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED
 */
export function unsigned(
  bodyOf: (algorithm: Uint8Array) => Uint8Array,
  signerKey: KeyObject,
  padding?: RsaPadding,
  rsaDigest?: SignatureAlgorithm['digest'],
): Unsigned {
  const { digest, identifier: algorithm } = signatureAlgorithmOf(signerKey, padding, rsaDigest);
  const body = Buffer.from(bodyOf(algorithm));
  return {
    body,
    digest,
    complete: (signature) => sequence(body, algorithm, bitString(signature)),
  };
}

/**
 * Signs it. The signature is verified, because drivers of smart cards and devices make mistakes.
 *
 * @param rsaDigest default SHA-256; curves have their own
 * @throws SchannelError ERR_SCHANNEL_KEY_UNSUPPORTED, ERR_SCHANNEL_KEY_MISMATCH, and what the signer throws
 */
export async function signed(
  bodyOf: (algorithm: Uint8Array) => Uint8Array,
  signer: Signer,
  padding?: RsaPadding,
  rsaDigest?: SignatureAlgorithm['digest'],
): Promise<Buffer> {
  const prepared = unsigned(bodyOf, signer.publicKey, padding, rsaDigest);
  const { body, digest } = prepared;
  const isPss = padding === 'pss' && signer.publicKey.asymmetricKeyType === 'rsa';
  const signature = await (isPss ? signer.sign(digest, body, { padding: 'pss' }) : signer.sign(digest, body));
  const key = isPss ? { key: signer.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING } : signer.publicKey;
  if (!isSignature(digest, body, key, signature)) throw notItsKey();
  return prepared.complete(signature);
}

/** OpenSSL throws if the key is of another type than the signature. */
function isSignature(
  digest: string,
  body: Uint8Array,
  key: KeyObject | { readonly key: KeyObject; readonly padding: number },
  signature: Uint8Array,
): boolean {
  try {
    return verify(digest, body, key, signature);
  } catch {
    return false;
  }
}

const notItsKey = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_MISMATCH',
    'The provider of the private key made a signature that its public key does not verify',
    { phase: 'key', advice: 'Update the driver of the smart card or device, or use another provider.' },
  );
