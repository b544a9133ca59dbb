import { sequence, unsigned } from '../../formats/asn1/der-writer.js';

/**
 * Ecdsa-Sig-Value (RFC 3279 §2.2.3) of r‖s as CNG gives it. The halves follow from the length of the signature: that
 * of the digest is another one with P-521, or with a digest that does not match the curve.
 */
export function toDerSignature(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  return sequence(unsigned(raw.subarray(0, half)), unsigned(raw.subarray(half)));
}
