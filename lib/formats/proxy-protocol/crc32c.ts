/** CRC-32C (RFC 4960, appendix B), of bytes in which four are taken for zeros. */
export function crc32c(bytes: Uint8Array, zeros: { readonly at: number; readonly count: number }): number {
  let sum = 0xffffffff;
  for (const [at, byte] of bytes.entries()) {
    const counted = at >= zeros.at && at < zeros.at + zeros.count ? 0 : byte;
    sum = (TABLE[(sum ^ counted) & 0xff] ?? 0) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}

/** The polynomial of Castagnoli, mirrored. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  return sum;
});
