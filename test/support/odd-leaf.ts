import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { outlineOf } from '#lib/formats/x509/outline.js';
import type { TestCertificate } from './certificates.js';
import { element, oid } from './pfx-builder.js';

/** What an odd certificate has in the place of what belongs there; DER. */
export interface Oddity {
  /** A whole INTEGER. */
  readonly serialNumber?: Buffer;
  /** The value of the common name. */
  readonly commonName?: Buffer;
  /** The content of an extension that nobody knows. */
  readonly extension?: Buffer;
}

/**
 * What OpenSSL refuses to read. Windows keeps names and serial numbers as bytes, and builds chains with such
 * certificates.
 */
export const UNREADABLE: Readonly<Record<string, Oddity>> = {
  'a subject of invalid UTF-8': { commonName: element(0x0c, Buffer.from('fffe', 'hex')) },
  'a subject of overlong UTF-8': { commonName: element(0x0c, Buffer.from('c0af', 'hex')) },
  'a subject of half a BMPString': { commonName: element(0x1e, Buffer.from('006100', 'hex')) },
  'a subject of three bytes as UniversalString': { commonName: element(0x1c, Buffer.from('000061', 'hex')) },
  'a serial number that is too long by a zero': { serialNumber: element(0x02, Buffer.from('0001', 'hex')) },
};

/** What OpenSSL reads and node:crypto takes for another certificate: the first one that stands as PEM in its bytes. */
export const holding = (pem: string): Oddity => ({ extension: Buffer.from(`\n${pem}\n`) });

export interface OddLeafOptions {
  /** Default serverAuth. */
  readonly usage?: 'serverAuth' | 'clientAuth';
  /** Default 'attacker.example'. */
  readonly dnsName?: string;
  /** Default 'ec'. */
  readonly key?: 'ec' | 'rsa';
}

/** A certificate by this issuer, sound but for its oddity. */
export function oddLeaf(
  issuer: TestCertificate,
  oddity: Oddity = {},
  { usage = 'serverAuth', dnsName = 'attacker.example', key = 'ec' }: OddLeafOptions = {},
): TestCertificate {
  const keys =
    key === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const serialNumber = Buffer.concat([Buffer.of(0x40), randomBytes(15)]);
  const signingKey = createPrivateKey(issuer.key);
  const algorithm =
    signingKey.asymmetricKeyType === 'rsa'
      ? element(0x30, oid('1.2.840.113549.1.1.11'), element(0x05))
      : element(0x30, oid('1.2.840.10045.4.3.2'));
  const content = element(
    0x30,
    element(0xa0, element(0x02, Buffer.of(2))),
    oddity.serialNumber ?? element(0x02, serialNumber),
    algorithm,
    outlineOf(issuer.der).subject,
    element(0x30, utcTime(-3_600_000), utcTime(86_400_000)),
    nameOf(oddity.commonName ?? element(0x0c, Buffer.from(dnsName))),
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    element(
      0xa3,
      element(
        0x30,
        extension('2.5.29.37', element(0x30, oid(usage === 'serverAuth' ? SERVER_AUTH : CLIENT_AUTH))),
        extension('2.5.29.17', element(0x30, element(0x82, Buffer.from(dnsName)))),
        ...(oddity.extension === undefined ? [] : [extension('1.2.3.4', oddity.extension)]),
      ),
    ),
  );
  const signature = element(0x03, Buffer.of(0), sign('sha256', content, signingKey));
  const der = element(0x30, content, algorithm, signature);
  return {
    der,
    cert: pemOf(der),
    key: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    serialNumber: serialNumber.toString('hex'),
  };
}

/** Whether OpenSSL reads the bytes as a certificate, PEM aside. */
export function isReadable(der: Uint8Array): boolean {
  try {
    return new X509Certificate(pemOf(der)).raw.equals(der);
  } catch {
    return false;
  }
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const nameOf = (commonName: Buffer): Buffer =>
  element(0x30, element(0x31, element(0x30, oid('2.5.4.3'), commonName)));

const extension = (identifier: string, value: Buffer): Buffer =>
  element(0x30, oid(identifier), element(0x04, value));

/** The moment so many milliseconds from now. */
const utcTime = (offset: number): Buffer => {
  const digits = new Date(Date.now() + offset).toISOString().replace(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
};

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
