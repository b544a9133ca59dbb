/**
 * Hexadecimal digits in upper case, without separators: spaces, colons, hyphens, and the invisible mark (U+200E) that
 * is copied with a thumbprint from Windows' dialog. Null if there is anything else.
 */
export function plainHex(text: string): string | null {
  const digits = text.replace(/[\s:\-\u200e\u200f\ufeff]/g, '').toUpperCase();
  return /^[0-9A-F]+$/.test(digits) ? digits : null;
}

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase();
