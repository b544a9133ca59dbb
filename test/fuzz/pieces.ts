import { crc32 } from 'node:zlib';
import { numbersFrom } from '../support/mutations.js';

/** Longer ones are not cut into single bytes: that would only take time. */
const SHORT = 600;

/**
 * Ways in which the transport may cut these bytes: not at all, into single bytes, and at places that depend on nothing
 * but the bytes, so that a finding stays one.
 */
export function waysToCut(bytes: Buffer): readonly (readonly Buffer[])[] {
  const single = bytes.length <= SHORT ? [Array.from(bytes, (byte) => Buffer.of(byte))] : [];
  return [[bytes], ...single, atRandom(bytes, Math.max(2, bytes.length >> 2))];
}

function atRandom(bytes: Buffer, most: number): Buffer[] {
  const below = numbersFrom(crc32(bytes));
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + below(most);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
