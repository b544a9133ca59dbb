import { SchannelError } from '../errors/schannel-error.js';

/**
 * One element of DER, by its header alone: views on the bytes, nothing inside is read. lib/asn1 decodes whole trees,
 * which over the ten thousand certificates of a store takes seconds.
 */
export interface Span {
  /** The identifier octet as it is: 0x30 SEQUENCE, 0xa3 [3]. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag and length included. */
  readonly raw: Uint8Array;
}

/** The elements that fill the bytes. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export function spansIn(bytes: Uint8Array): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < bytes.length;) {
    const span = spanAt(bytes, at);
    spans.push(span);
    at += span.raw.length;
  }
  return spans;
}

/** The element that begins there. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export function spanAt(bytes: Uint8Array, at: number): Span {
  const tag = bytes[at];
  const first = bytes[at + 1];
  // Numbers of 31 and above take more octets, an indefinite length is not DER: neither is in any certificate.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || first === 0x80) throw unreadable();
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (lengthOctets > 4) throw unreadable();
  const start = at + 2 + lengthOctets;
  let length = lengthOctets === 0 ? first : 0;
  for (let index = at + 2; index < start; index += 1) length = length * 256 + (bytes[index] ?? 0);
  const end = start + length;
  if (end > bytes.length) throw unreadable();
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) };
}

export const unreadable = (cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_OPTION_CERTIFICATE', 'The certificate cannot be read', {
    phase: 'store',
    advice: 'Give DER, or PEM with the line "-----BEGIN CERTIFICATE-----".',
    ...(cause !== undefined && { cause }),
  });

/** An OBJECT IDENTIFIER's content in dots (X.690 §8.19). */
export function dotted(content: Uint8Array): string {
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
    if (arcs.length === 0 && typeof value === 'number') {
      const root = Math.min(Math.floor(value / 40), 2);
      arcs.push(root, value - root * 40);
    } else arcs.push(value);
    [arc, small] = [0n, 0];
  }
  return arcs.join('.');
}
