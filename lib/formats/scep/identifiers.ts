/** Object identifiers of SCEP (RFC 8894 §3.2.1) and of the CMS under it (RFC 5652). */
export const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  messageType: '2.16.840.1.113733.1.9.2',
  pkiStatus: '2.16.840.1.113733.1.9.3',
  failInfo: '2.16.840.1.113733.1.9.4',
  senderNonce: '2.16.840.1.113733.1.9.5',
  recipientNonce: '2.16.840.1.113733.1.9.6',
  transactionId: '2.16.840.1.113733.1.9.7',
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha256: '2.16.840.1.101.3.4.2.1',
  aes128Cbc: '2.16.840.1.101.3.4.1.2',
  desEde3Cbc: '1.2.840.113549.3.7',
} as const;

/** Ciphers of an answer by identifier. */
export const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyLength: number }> = new Map([
  [OID.aes128Cbc, { name: 'aes-128-cbc', keyLength: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyLength: 24 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keyLength: 32 }],
  [OID.desEde3Cbc, { name: 'des-ede3-cbc', keyLength: 24 }],
  // Debian's scepserver answers in single DES. An answer holds only public certificates.
  ['1.3.14.3.2.7', { name: 'des-ede3-cbc', keyLength: 8 }],
]);

/** Digests of a signature by identifier. */
export const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  [OID.sha256, 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
