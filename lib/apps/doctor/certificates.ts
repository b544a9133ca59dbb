import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';
import { alternativeNames } from '../../formats/x509/alternative-names.js';
import { unsignedCertificate } from '../../formats/x509/certificate-writer.js';
import { commonName } from '../../formats/x509/subject.js';
import { newName } from './names.js';

/** A certificate that exists only in memory. */
export interface MadeCertificate {
  readonly name: string;
  readonly der: Buffer;
  /** PEM. */
  readonly cert: string;
}

export interface MadeIdentity extends MadeCertificate {
  readonly key: KeyObject;
}

export interface CertificateSpec {
  /** Signs the certificate. Default: its own key. */
  readonly issuer?: MadeIdentity;
  readonly isAuthority?: boolean;
  /** Days from now to its end; negative for one that has expired. Default 2. */
  readonly days?: number;
  /** Whether it has a subject key identifier. Default true. */
  readonly keyIdentifier?: boolean;
}

const DAY_MS = 86_400_000;

/** A new key with a certificate for localhost. */
export function makeIdentity(kind: 'rsa' | 'ec', spec: CertificateSpec = {}): MadeIdentity {
  const { privateKey: key } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...makeCertificate(createPublicKey(key), { ...spec, ownKey: key }), key };
}

/** A certificate for a key; without an issuer, its own private key is needed. */
export function makeCertificate(
  publicKey: KeyObject,
  spec: CertificateSpec & ({ readonly issuer: MadeIdentity } | { readonly ownKey: KeyObject }),
): MadeCertificate {
  const name = newName();
  const { issuer, days = 2, isAuthority = false, keyIdentifier = true } = spec;
  const signer = issuer?.key ?? ('ownKey' in spec ? spec.ownKey : undefined);
  if (signer === undefined) throw new TypeError('a certificate needs a key that signs it');
  const unsigned = unsignedCertificate(
    {
      subject: commonName(name),
      publicKey,
      notBefore: new Date(Date.now() - 30 * DAY_MS),
      notAfter: new Date(Date.now() + days * DAY_MS),
      ...(issuer && { issuer: issuer.der }),
      isAuthority,
      keyIdentifier,
      ...(!isAuthority && {
        names: alternativeNames({ dns: ['localhost'], ip: ['127.0.0.1'] }),
        usages: ['server', 'client'],
      }),
    },
    createPublicKey(signer),
  );
  const der = unsigned.complete(sign(unsigned.digest, unsigned.body, signer));
  return { name, der, cert: pemOfCertificate(der) };
}
