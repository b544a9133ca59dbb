import { hash } from 'node:crypto';
import { wipe } from '../asn1/wipe.js';
import { type Work } from './limits.js';

/** What the derived bytes are for (RFC 7292 §B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

export interface Pkcs12Derivation {
  readonly digest: Digest;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly purpose: (typeof PURPOSE)[keyof typeof PURPOSE];
  /** Bytes to derive. */
  readonly length: number;
}

export interface Digest {
  /** Its name in node:crypto. */
  readonly name: string;
  /** Bytes of a result. */
  readonly size: number;
  /** Bytes of a block of the digest. */
  readonly block: number;
}

/** How many results of the digest a derivation needs. */
export const blocksOf = (digest: Digest, length: number): number => Math.ceil(length / digest.size);

/** What a derivation costs: its iterations for each result, and hashing the salt, 256 bytes in a microsecond. */
export const pkcs12Work = ({
  digest,
  salt,
  iterations,
  length,
}: Omit<Pkcs12Derivation, 'purpose'>): Work => ({
  iterations,
  units: blocksOf(digest, length) * (iterations + salt.length / 256),
});

/**
 * The key derivation of PKCS #12 (RFC 7292 §B.2). OpenSSL has it, but Node does not expose it. With node:crypto's
 * digests it is several times faster than in pure JavaScript, and leaves no secret in a string.
 *
 * @param password UTF-16, most significant byte first, with its NUL; empty for none
 */
export function pkcs12Derive(password: Uint8Array, derivation: Pkcs12Derivation): Buffer {
  const { digest, salt, iterations, purpose, length } = derivation;
  const { block } = digest;
  const diversifier = Buffer.alloc(block, purpose);
  const input = Buffer.concat([repeated(salt, block), repeated(password, block)]);
  const derived = Buffer.alloc(blocksOf(digest, length) * digest.size);

  for (let at = 0; at < derived.length; at += digest.size) {
    let result = hash(digest.name, Buffer.concat([diversifier, input]), 'buffer');
    for (let round = 1; round < iterations; round++) result = hash(digest.name, result, 'buffer');
    result.copy(derived, at);
    addToBlocks(input, repeatedTo(result, block));
    wipe(result);
  }
  wipe(input);
  const wanted = Buffer.from(derived.subarray(0, length));
  wipe(derived);
  return wanted;
}

/** Repeats the bytes to a whole number of blocks; empty input stays empty. */
const repeated = (bytes: Uint8Array, block: number): Buffer =>
  repeatedTo(bytes, Math.ceil(bytes.length / block) * block);

const repeatedTo = (bytes: Uint8Array, length: number): Buffer =>
  length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);

/** Adds `addend` and 1 to each block of the input, as big-endian numbers. */
function addToBlocks(input: Buffer, addend: Buffer): void {
  for (let start = 0; start < input.length; start += addend.length) {
    let carry = 1;
    for (let at = addend.length - 1; at >= 0; at--) {
      const sum = (input[start + at] ?? 0) + (addend[at] ?? 0) + carry;
      input[start + at] = sum & 0xff;
      carry = sum >>> 8;
    }
  }
}
