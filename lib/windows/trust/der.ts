import { findSpan, type Span } from '../../formats/asn1/span.js';
import { SchannelError } from '../../base/errors/schannel-error.js';

export type { Span };

/** The elements that fill the bytes. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export const spansIn = (bytes: Uint8Array): Span[] => [...eachSpan(bytes)];

/** The same one after the other, for long lists. */
export function* eachSpan(bytes: Uint8Array): Generator<Span, void> {
  for (let at = 0; at < bytes.length;) {
    const span = spanAt(bytes, at);
    yield span;
    at += span.raw.length;
  }
}

/** The element that begins there. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export function spanAt(bytes: Uint8Array, at: number): Span {
  const span = findSpan(bytes, at);
  if (span === null) throw unreadable();
  return span;
}

export const unreadable = (cause?: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_OPTION_CERTIFICATE', 'The certificate cannot be read', {
    phase: 'store',
    advice: 'Give DER, or PEM with the line "-----BEGIN CERTIFICATE-----".',
    ...(cause !== undefined && { cause }),
  });

/** OpenSSL's limit (OBJ_obj2txt). No identifier in use is near that long, and a long arc takes time by the square of its length. */
export const LONGEST_IDENTIFIER = 586;

/** An OBJECT IDENTIFIER's content in dots (X.690 §8.19). @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export function dotted(content: Uint8Array): string {
  if (content.length > LONGEST_IDENTIFIER) throw unreadable();
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
