import { createPrivateKey, type KeyObject } from 'node:crypto';
import { damagedFile } from '../../formats/asn1/damaged-file.js';
import { integer, sequence, unsigned } from '../../formats/asn1/der-writer.js';
import { wipe } from '../../formats/asn1/wipe.js';

const RSA2_MAGIC = 0x32415352;
const HEADER_BYTES = 20;

/**
 * The RSA key of a PRIVATEKEYBLOB ("Base Provider Key BLOBs"): BLOBHEADER, RSAPUBKEY, then numbers, least significant
 * byte first, of fixed lengths. Intermediate copies are zeroed; the caller zeroes the blob.
 */
export function fromCapiBlob(blob: Uint8Array): KeyObject {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(8) !== RSA2_MAGIC)
    throw damagedFile('a key that is not RSA');
  const bits = bytes.readUInt32LE(12);
  const whole = Math.ceil(bits / 8);
  const half = Math.ceil(bits / 16);
  let at = HEADER_BYTES;
  const number = (length: number): Buffer => {
    const littleEndian = bytes.subarray(at, (at += length));
    if (littleEndian.length !== length) throw damagedFile('a key that ends too early');
    const bigEndian = Buffer.from(littleEndian).reverse();
    try {
      return unsigned(bigEndian);
    } finally {
      wipe(bigEndian);
    }
  };
  const [modulus, publicExponent] = [number(whole), integer(bytes.readUInt32LE(16))];
  const factors = [half, half, half, half, half].map(number);
  const privateExponent = number(whole);
  // RSAPrivateKey (RFC 8017 §A.1.2), in which only the private exponent has another position.
  const der = sequence(integer(0), modulus, publicExponent, privateExponent, ...factors);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs1' });
  } finally {
    wipe(der, privateExponent, ...factors);
  }
}
