import { type Element } from '../asn1/element.js';
import { objectIdentifier, octets, positive, sequence, TAG } from '../asn1/fields.js';
import { HMACS, SHA1 } from './digests.js';
import { type Work } from './limits.js';
import { blocksOf, type Digest } from './pkcs12-kdf.js';
import { unsupported } from './unsupported.js';

/**
 * What a derivation costs. An iteration takes OpenSSL a quarter of the time of a PKCS #12 iteration, and half of it
 * for digests with larger blocks.
 */
export const pbkdf2Work = (
  { digest, iterations }: Pick<Pbkdf2, 'digest' | 'iterations'>,
  length: number,
): Work => ({ iterations, units: (iterations * blocksOf(digest, length) * digest.block) / 256 });

/** PBKDF2-params (RFC 8018 §A.2). */
export interface Pbkdf2 {
  readonly digest: Digest;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** Bytes; null if the cipher determines it. */
  readonly keyLength: number | null;
}

const PBKDF2 = '1.2.840.113549.1.5.12';

/** @throws SchannelError ERR_SCHANNEL_IMPORT_UNSUPPORTED for another derivation, ERR_SCHANNEL_IMPORT_DAMAGED */
export function readPbkdf2(element: Element | undefined): Pbkdf2 {
  const what = 'the parameters of a key derivation';
  const [algorithm, parameters] = sequence(element, what);
  const identifier = objectIdentifier(algorithm, what);
  if (identifier !== PBKDF2) throw unsupported('key derivation', identifier);
  const [salt, iterationsField, ...rest] = sequence(parameters, what);
  const iterations = positive(iterationsField, what);
  const length = rest.find(({ tag }) => tag === TAG.integer);
  const hmac = rest.find(({ tag }) => tag === TAG.sequence);
  return {
    digest: hmac === undefined ? SHA1 : readHmac(hmac),
    salt: octets(salt, what),
    iterations,
    keyLength: length === undefined ? null : positive(length, what),
  };
}

/** The digest of the HMAC that an AlgorithmIdentifier names. */
export function readHmac(element: Element | undefined): Digest {
  const [algorithm] = sequence(element, 'the name of a MAC');
  const identifier = objectIdentifier(algorithm, 'the name of a MAC');
  const digest = HMACS.get(identifier);
  if (digest === undefined) throw unsupported('MAC', identifier);
  return digest;
}
