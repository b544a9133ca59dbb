import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Signer } from '#lib/formats/x509/signed.js';

/** A key in memory that signs as a key of Windows does. */
export interface MemorySigner extends Signer {
  readonly privateKey: KeyObject;
}

export const signerOf = (pair: {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}): MemorySigner => ({
  ...pair,
  sign: (digest, data, options) =>
    Promise.resolve(
      sign(
        digest,
        data,
        options === undefined
          ? pair.privateKey
          : {
              key: pair.privateKey,
              padding: constants.RSA_PKCS1_PSS_PADDING,
              saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
            },
      ),
    ),
});

const made = new Map<string, MemorySigner>();

/** A key of this kind, made once in a test run. */
export function memorySigner(kind: 'rsa' | 'P-256' | 'P-384' | 'P-521'): MemorySigner {
  const known = made.get(kind);
  if (known !== undefined) return known;
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: kind });
  const signer = signerOf(pair);
  made.set(kind, signer);
  return signer;
}
