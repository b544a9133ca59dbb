// @peculiar/x509 registers its parts through decorators, whose metadata this package provides: it has to come first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

x509.cryptoProvider.set(webcrypto);

/** What a certificate contains, extension by extension. */
export interface Craft {
  /** Default 'CN=crafted'. */
  readonly subject?: string | x509.JsonName;
  /** Default the subject. */
  readonly issuer?: string;
  /** Hexadecimal; default '01'. */
  readonly serialNumber?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** None by default. */
  readonly extensions?: readonly x509.Extension[];
}

let keys: Promise<webcrypto.CryptoKeyPair> | undefined;

/** DER of a certificate that is signed by a key of the test run. */
export async function craft(options: Craft = {}): Promise<Uint8Array> {
  const { subject = 'CN=crafted', issuer = subject, serialNumber = '01', extensions = [] } = options;
  keys ??= webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const pair = await keys;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject,
    issuer,
    notBefore: options.notBefore ?? new Date('2020-01-01T00:00:00Z'),
    notAfter: options.notAfter ?? new Date('2040-01-01T00:00:00Z'),
    publicKey: pair.publicKey,
    signingKey: pair.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [...extensions],
  });
  return new Uint8Array(certificate.rawData);
}

/** An extension of any content. */
export const rawExtension = (oid: string, value: string): x509.Extension =>
  new x509.Extension(oid, false, Buffer.from(value, 'hex'));

export const altNames = (...names: x509.JsonGeneralNames): x509.Extension =>
  new x509.SubjectAlternativeNameExtension(names);

/** Identifiers of purposes. */
export const purposes = (...usages: string[]): x509.Extension => new x509.ExtendedKeyUsageExtension(usages);

export const certificatePolicies = (...policies: string[]): x509.Extension =>
  new x509.CertificatePolicyExtension(policies);

export const keyUsages = (flags: number): x509.Extension => new x509.KeyUsagesExtension(flags);

export const keyIdentifier = (hex: string): x509.Extension => new x509.SubjectKeyIdentifierExtension(hex);

export const constraints = (isAuthority: boolean): x509.Extension =>
  new x509.BasicConstraintsExtension(isAuthority);

/**
 * The certificate with a key of a type that OpenSSL does not know instead of its EC key. Its signature is no longer
 * valid.
 */
export function withUnknownKey(der: Uint8Array): Uint8Array {
  const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
  const at = Buffer.from(der).indexOf(EC_PUBLIC_KEY);
  if (at < 0) throw new Error('the certificate has no EC key');
  const copy = Uint8Array.from(der);
  copy[at + EC_PUBLIC_KEY.length - 1] = 0x7f;
  return copy;
}
