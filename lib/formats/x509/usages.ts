/** Purposes of a certificate (extended key usages), named as in RFC 5280, then as in Windows. */
export const EXTENDED_KEY_USAGES = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
  ipsecIKE: '1.3.6.1.5.5.7.3.17',
  kdcAuthentication: '1.3.6.1.5.2.3.5',
  smartcardLogon: '1.3.6.1.4.1.311.20.2.2',
  encryptingFileSystem: '1.3.6.1.4.1.311.10.3.4',
  documentSigning: '1.3.6.1.4.1.311.10.3.12',
  remoteDesktop: '1.3.6.1.4.1.311.54.1.2',
} as const;

/** What the key may do (RFC 5280 §4.2.1.3), in the order of the bits. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

/** The identifier of a purpose given by name (in any case) or identifier; null for anything else. */
export function usageOid(text: string): string | null {
  if (/^\d+(\.\d+)+$/.test(text)) return text;
  const wanted = text.toLowerCase();
  const entry = Object.entries(EXTENDED_KEY_USAGES).find(([name]) => name.toLowerCase() === wanted);
  return entry?.[1] ?? null;
}

/** 'serverAuth' for its identifier; an unknown identifier is returned as it is. */
export const usageName = (oid: string): string =>
  Object.entries(EXTENDED_KEY_USAGES).find(([, known]) => known === oid)?.[0] ?? oid;
