/**
 * Hexadecimal digits in upper case, without what stands between them: spaces, colons, hyphens, and the invisible mark
 * (U+200E) that comes along when a thumbprint is copied out of Windows' dialog. Null when anything else is in it.
 */
export function plainHex(text: string): string | null {
  const digits = text.replace(/[\s:\-\u200e\u200f\ufeff]/g, '').toUpperCase();
  return /^[0-9A-F]+$/.test(digits) ? digits : null;
}

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase();
