import { createPrivateKey } from 'node:crypto';

const littleEndian = (base64url: string | undefined, size: number): Buffer => {
  const number = Buffer.from(base64url ?? '', 'base64url');
  return Buffer.concat([Buffer.alloc(Math.max(0, size - number.length)), number]).reverse();
};

/** The PRIVATEKEYBLOB ("Base Provider Key BLOBs") of an RSA key in PEM, for AT_KEYEXCHANGE. */
export function privateKeyBlob(pem: string): Buffer {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  const size = Buffer.from(jwk.n ?? '', 'base64url').length;
  const header = Buffer.alloc(20);
  header.writeUInt8(7, 0); // PRIVATEKEYBLOB
  header.writeUInt8(2, 1); // CUR_BLOB_VERSION
  header.writeUInt32LE(0xa400, 4); // CALG_RSA_KEYX
  header.write('RSA2', 8);
  header.writeUInt32LE(size * 8, 12);
  littleEndian(jwk.e, 4).copy(header, 16);
  const half = size / 2;
  return Buffer.concat([
    header,
    littleEndian(jwk.n, size),
    littleEndian(jwk.p, half),
    littleEndian(jwk.q, half),
    littleEndian(jwk.dp, half),
    littleEndian(jwk.dq, half),
    littleEndian(jwk.qi, half),
    littleEndian(jwk.d, size),
  ]);
}
