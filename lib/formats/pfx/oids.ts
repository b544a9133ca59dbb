/** The identifiers of PKCS #7, #9 and #12 in a PFX. */
export const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',

  keyBag: '1.2.840.113549.1.12.10.1.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',

  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  /** The key's provider in Windows. */
  provider: '1.3.6.1.4.1.311.17.1',
  /** If present, Windows imports the key for the machine instead of the user. */
  machineKeyset: '1.3.6.1.4.1.311.17.2',
} as const;
