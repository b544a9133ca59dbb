/**
 * One element of DER, by its header alone: views on the bytes, nothing inside is read. {@link readElement} decodes whole
 * trees, which over the ten thousand certificates of a store takes seconds.
 */
export interface Span {
  /** The identifier octet as it is: 0x30 SEQUENCE, 0xa3 [3]. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length included. */
  readonly raw: Uint8Array;
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
