/**
 * Reads DER by headers: each element is a view on the bytes, and nothing inside it is read. {@link readElement} decodes
 * whole trees, which takes seconds for the ten thousand certificates of a store.
 */

export interface Span {
  /** The identifier octet: 0x30 SEQUENCE, 0xa3 [3]. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length included. */
  readonly raw: Uint8Array;
}

/** The bytes are not well-formed DER. Readers of files and options catch it and say which file or option it is. */
export class MalformedDer extends Error {
  constructor(what: string) {
    super(`The DER has ${what}`);
  }
}

/** The element that begins there; null where none does. */
export function findSpan(bytes: Uint8Array, at = 0): Span | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  // Numbers of 31 and above take more octets, an indefinite length is not DER: neither is in any certificate.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || first === 0x80) return null;
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (lengthOctets > 4) return null;
  const start = at + 2 + lengthOctets;
  let length = lengthOctets === 0 ? first : 0;
  for (let index = at + 2; index < start; index += 1) length = length * 256 + (bytes[index] ?? 0);
  const end = start + length;
  if (end > bytes.length) return null;
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) };
}

/** The element that begins there. @throws MalformedDer */
export function spanAt(bytes: Uint8Array, at: number): Span {
  const span = findSpan(bytes, at);
  if (span === null) throw new MalformedDer('an element that does not end, or no element where one belongs');
  return span;
}

/** The elements that fill the bytes. @throws MalformedDer */
export const spansIn = (bytes: Uint8Array): Span[] => [...eachSpan(bytes)];

/** The same, one at a time, for long lists. */
export function* eachSpan(bytes: Uint8Array): Generator<Span, void> {
  for (let at = 0; at < bytes.length;) {
    const span = spanAt(bytes, at);
    yield span;
    at += span.raw.length;
  }
}

/**
 * OpenSSL's limit (OBJ_obj2txt). No identifier in use is nearly that long, and the time for an arc grows with the
 * square of its length.
 */
export const LONGEST_IDENTIFIER = 586;

/** An OBJECT IDENTIFIER's content in dots (X.690 §8.19). @throws MalformedDer */
export function dotted(content: Uint8Array): string {
  if (content.length > LONGEST_IDENTIFIER) throw new MalformedDer('an identifier that is too long');
  const arcs: (number | bigint)[] = [];
  let arc = 0n;
  let small = 0;
  for (const octet of content) {
    // Identifiers made of UUIDs have arcs of 128 bits.
    if (small > 0xffff_ffff || arc !== 0n) {
      arc = ((arc === 0n ? BigInt(small) : arc) << 7n) | BigInt(octet & 0x7f);
    } else small = small * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    const value = arc === 0n ? small : arc;
    if (arcs.length === 0 && typeof value === 'bigint') arcs.push(2, value - 80n);
    else if (arcs.length === 0 && typeof value === 'number') {
      const root = Math.min(Math.floor(value / 40), 2);
      arcs.push(root, value - root * 40);
    } else arcs.push(value);
    [arc, small] = [0n, 0];
  }
  return arcs.join('.');
}
