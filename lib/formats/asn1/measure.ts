const LONG_FORM = 0x80;
const CONSTRUCTED = 0x20;
const CLASS = 0xc0;

/** INTEGER, BIT STRING, OCTET STRING: asn1js leaves these as they are. */
const UNDECODED = new Set([0x02, 0x03, 0x04]);

/** OBJECT IDENTIFIER and RELATIVE-OID. */
const IDENTIFIERS = new Set([0x06, 0x0d]);

/** What decoding BER costs. asn1js decodes identifiers, texts and times as soon as it reads them. */
export interface Measure {
  /** Each takes about two microseconds. */
  readonly elements: number;
  /** Bytes of identifiers, at a microsecond each. */
  readonly identifierBytes: number;
  /** Bytes of texts and times, at a tenth of a microsecond each. */
  readonly textBytes: number;
}

/**
 * Measures the element at the start of the bytes, and reads only headers. It stops at malformed bytes, since decoding
 * fails there too.
 *
 * @param limit it stops as soon as anything exceeds this
 */
export function measure(bytes: Uint8Array, limit: Measure): Measure {
  let elements = 0;
  let identifierBytes = 0;
  let textBytes = 0;
  let end = bytes.length;
  // No stack is needed: a constructed element is entered, a primitive one is skipped, and the end mark of an
  // indefinite length looks like an empty primitive element.
  for (let at = 0; at + 1 < end;) {
    elements += 1;
    if (elements > limit.elements) break;
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const isIndefinite = first === LONG_FORM;
    const size = first > LONG_FORM ? first & 0x7f : 0;
    const content = at + 2 + size;
    const length =
      size === 0 ? first : bytes.subarray(at + 2, content).reduce((sum, byte) => sum * 256 + byte, 0);
    // What follows the first element is not decoded.
    if (at === 0 && !isIndefinite) end = Math.min(end, content + length);
    if ((tag & CONSTRUCTED) !== 0) {
      at = content;
      continue;
    }
    if (isIndefinite) break;
    if ((tag & CLASS) === 0 && !UNDECODED.has(tag)) {
      const decoded = Math.max(Math.min(length, end - content), 0);
      if (IDENTIFIERS.has(tag)) identifierBytes += decoded;
      else textBytes += decoded;
      if (identifierBytes > limit.identifierBytes || textBytes > limit.textBytes) break;
    }
    at = content + length;
  }
  return { elements, identifierBytes, textBytes };
}
