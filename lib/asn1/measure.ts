const LONG_FORM = 0x80;
const CONSTRUCTED = 0x20;
const CLASS = 0xc0;

/** INTEGER, BIT STRING, OCTET STRING: asn1js leaves these as they are. */
const UNDECODED = new Set([0x02, 0x03, 0x04]);

/** What decoding BER will cost. */
export interface Measure {
  readonly elements: number;
  /** Bytes of identifiers, texts and times, which asn1js decodes the moment it meets them, a microsecond a byte. */
  readonly decodedBytes: number;
}

/**
 * Measures the element that the bytes begin with, by headers alone. What is malformed ends it: decoding fails there
 * too.
 */
export function measure(bytes: Uint8Array): Measure {
  let elements = 0;
  let decodedBytes = 0;
  let end = bytes.length;
  // Headers follow each other without a stack: a constructed element is entered, a primitive one is passed over, and
  // the mark behind an indefinite length looks like an empty primitive one.
  for (let at = 0; at + 1 < end;) {
    elements += 1;
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const isIndefinite = first === LONG_FORM;
    const size = first > LONG_FORM ? first & 0x7f : 0;
    const content = at + 2 + size;
    const length =
      size === 0 ? first : bytes.subarray(at + 2, content).reduce((sum, byte) => sum * 256 + byte, 0);
    // What stands behind the first element is not decoded.
    if (at === 0 && !isIndefinite) end = Math.min(end, content + length);
    if ((tag & CONSTRUCTED) !== 0) {
      at = content;
      continue;
    }
    if (isIndefinite) break;
    if ((tag & CLASS) === 0 && !UNDECODED.has(tag))
      decodedBytes += Math.max(Math.min(length, end - content), 0);
    at = content + length;
  }
  return { elements, decodedBytes };
}
