import { createHash } from 'node:crypto';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';

/** A digest that the providers of Windows can sign. */
export interface Digest {
  /** As in node:crypto: 'sha256'. */
  readonly name: string;
  /** As in CNG ("CNG Algorithm Identifiers"). */
  readonly cngName: string;
  /** Bytes. */
  readonly size: number;
}

const DIGESTS: readonly Digest[] = [
  { name: 'sha256', cngName: 'SHA256', size: 32 },
  { name: 'sha384', cngName: 'SHA384', size: 48 },
  { name: 'sha512', cngName: 'SHA512', size: 64 },
  { name: 'sha1', cngName: 'SHA1', size: 20 },
  { name: 'md5', cngName: 'MD5', size: 16 },
];

/**
 * The digest with this name: 'sha256', 'SHA-256' and 'RSA-SHA256' are the same.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_CRYPTO_INVALID_DIGEST
 */
export function digestOf(algorithm: string, argument = 'algorithm'): Digest {
  if (typeof algorithm !== 'string') throw invalidType(argument, 'of type string', algorithm);
  const name = algorithm.toLowerCase().replace(/^rsa-/, '').replace('-', '');
  const digest = DIGESTS.find((one) => one.name === name);
  if (digest === undefined) throw argumentError('ERR_CRYPTO_INVALID_DIGEST', `Invalid digest: ${algorithm}`);
  return digest;
}

export const digestBytes = ({ name }: Digest, data: Uint8Array): Buffer =>
  createHash(name).update(data).digest();
