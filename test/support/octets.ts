import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

const CHUNK = 64 * 1024;

/**
 * Bytes that repeat nowhere near a record's length, so that a lost, doubled or moved one is seen: the position, mixed.
 */
export function octets(length: number, from = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += 1) {
    const position = from + at;
    bytes[at] = position ^ (position >> 7) ^ (position >> 15) ^ (position >> 23);
  }
  return bytes;
}

/** The same bytes as a stream, in chunks of 64 KiB. */
export function octetStream(length: number): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < length; at += CHUNK) yield octets(Math.min(CHUNK, length - at), at);
    })(),
  );
}

/** SHA-256 of what octets(length) gives, without holding it. */
export function digestOfOctets(length: number): string {
  const hash = createHash('sha256');
  for (let at = 0; at < length; at += CHUNK) hash.update(octets(Math.min(CHUNK, length - at), at));
  return hash.digest('hex');
}

/**
 * SHA-256 and length of everything a stream gives. Iterating would destroy its other direction with the end of this
 * one.
 */
export function digestOf(stream: Readable): Promise<{ length: number; digest: string }> {
  const hash = createHash('sha256');
  let length = 0;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      hash.update(chunk);
    });
    stream.once('end', () => resolve({ length, digest: hash.digest('hex') }));
    stream.once('error', reject);
    stream.once('close', () => reject(new Error(`closed after ${length} bytes`)));
  });
}
