import { constants, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { Signer } from './signed.js';

/** A private key in memory as a signer of certificates. */
export const signerOf = (privateKey: KeyObject): Signer => ({
  publicKey: createPublicKey(privateKey),
  sign: (digest, data, options) =>
    Promise.resolve(sign(digest, data, options === undefined ? privateKey : { key: privateKey, ...PSS })),
});

const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const;
