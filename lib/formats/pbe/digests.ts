import { type Digest } from './pkcs12-kdf.js';

const SMALL_BLOCK = 64;
const LARGE_BLOCK = 128;

export const SHA1: Digest = { name: 'sha1', size: 20, block: SMALL_BLOCK };
export const SHA256: Digest = { name: 'sha256', size: 32, block: SMALL_BLOCK };
const SHA224: Digest = { name: 'sha224', size: 28, block: SMALL_BLOCK };
const SHA384: Digest = { name: 'sha384', size: 48, block: LARGE_BLOCK };
const SHA512: Digest = { name: 'sha512', size: 64, block: LARGE_BLOCK };
const MD5: Digest = { name: 'md5', size: 16, block: SMALL_BLOCK };

/** Digests by identifier, for the MAC of RFC 7292. */
export const DIGESTS: ReadonlyMap<string, Digest> = new Map([
  ['1.2.840.113549.2.5', MD5],
  ['1.3.14.3.2.26', SHA1],
  ['2.16.840.1.101.3.4.2.4', SHA224],
  ['2.16.840.1.101.3.4.2.1', SHA256],
  ['2.16.840.1.101.3.4.2.2', SHA384],
  ['2.16.840.1.101.3.4.2.3', SHA512],
]);

/** HMACs by identifier, for PBKDF2 and PBMAC1 (RFC 8018 §B.1). */
export const HMACS: ReadonlyMap<string, Digest> = new Map([
  ['1.2.840.113549.2.7', SHA1],
  ['1.2.840.113549.2.8', SHA224],
  ['1.2.840.113549.2.9', SHA256],
  ['1.2.840.113549.2.10', SHA384],
  ['1.2.840.113549.2.11', SHA512],
]);

/** 'SHA-256' */
export const digestName = ({ name }: Digest): string => name.toUpperCase().replace(/^SHA/, 'SHA-');
