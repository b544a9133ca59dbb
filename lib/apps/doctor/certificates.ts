import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { generalNames } from '../../formats/x509/alternative-names.js';
import { signatureAlgorithmOf } from '../../formats/x509/signature-algorithm.js';
import { commonName } from '../../formats/x509/subject.js';
import { newName } from './names.js';

/** A certificate that exists in memory alone. */
export interface MadeCertificate {
  readonly name: string;
  readonly der: Buffer;
  /** PEM. */
  readonly cert: string;
}

export interface MadeIdentity extends MadeCertificate {
  readonly key: KeyObject;
}

export interface CertificateWish {
  /** Who signs it; itself when there is none. */
  readonly issuer?: MadeIdentity;
  readonly isAuthority?: boolean;
  /** Days from now to its end; negative for one that has expired. Default 2. */
  readonly days?: number;
  /** Whether it names its key (subject key identifier). Default true. */
  readonly keyIdentifier?: boolean;
}

const DAY = 86_400_000;

/** A new key with a certificate for localhost. */
export function makeIdentity(kind: 'rsa' | 'ec', wish: CertificateWish = {}): MadeIdentity {
  const { privateKey: key } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...makeCertificate(createPublicKey(key), { ...wish, ownKey: key }), key };
}

/** A certificate for a key of which only the public part is needed, since another signs it. */
export function makeCertificate(
  publicKey: KeyObject,
  wish: CertificateWish & ({ readonly issuer: MadeIdentity } | { readonly ownKey: KeyObject }),
): MadeCertificate {
  const name = newName();
  const { issuer, days = 2 } = wish;
  const signer = issuer?.key ?? ('ownKey' in wish ? wish.ownKey : undefined);
  if (signer === undefined) throw new TypeError('a certificate needs somebody who signs it');
  const { digest, identifier } = signatureAlgorithmOf(createPublicKey(signer));
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: arrayBuffer(Buffer.concat([Buffer.of(0x40), randomBytes(15)])),
    signature: identifier,
    issuer: commonName(issuer?.name ?? name),
    subject: commonName(name),
    validity: new Validity({
      notBefore: new Date(Date.now() - 30 * DAY),
      notAfter: new Date(Date.now() + days * DAY),
    }),
    subjectPublicKeyInfo: AsnConvert.parse(
      publicKey.export({ type: 'spki', format: 'der' }),
      SubjectPublicKeyInfo,
    ),
    extensions: new Extensions(extensionsOf(publicKey, wish)),
  });
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: identifier,
    signatureValue: arrayBuffer(sign(digest, Buffer.from(AsnConvert.serialize(body)), signer)),
  });
  const der = Buffer.from(AsnConvert.serialize(certificate));
  return { name, der, cert: pemOf(der) };
}

function extensionsOf(
  publicKey: KeyObject,
  { isAuthority = false, keyIdentifier = true }: CertificateWish,
): Extension[] {
  const identifier = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: isAuthority })),
    ...(keyIdentifier
      ? [extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(arrayBuffer(identifier)))]
      : []),
    ...(isAuthority
      ? []
      : [
          extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])),
          extension(
            id_ce_subjectAltName,
            new SubjectAlternativeName(generalNames({ dns: ['localhost'], ip: ['127.0.0.1'] })),
          ),
        ]),
  ];
}

const extension = (extnID: string, value: unknown): Extension =>
  new Extension({
    extnID,
    critical: extnID === id_ce_basicConstraints,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });

const arrayBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const pemOf = (der: Buffer): string =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...(der.toString('base64').match(/.{1,64}/g) ?? []),
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');
