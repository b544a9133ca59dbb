import { type KeyObject } from 'node:crypto';
import { type Work } from '../pbe/limits.js';

/** Reading a certificate. */
export const certificateWork = ({ length }: Uint8Array): Work => ({ units: 100 + length / 50 });

/** Reading the public key of a certificate. */
export const PUBLIC_KEY_WORK: Work = Object.freeze({ units: 150 });

/**
 * Checking a signature with a public key. For RSA it grows with the square of the modulus and with the exponent, both
 * of which the maker of the key chooses; 2048 bits and 65537 cost 50. Other keys cost as much as the slowest curves,
 * and DSA more with its modulus.
 */
export function signatureWork({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): Work {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails;
  const squares = (modulusLength / 2048) ** 2;
  const isRsa = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss';
  return { units: isRsa ? (50 * squares * publicExponent.toString(2).length) / 17 : 1_500 + 600 * squares };
}
