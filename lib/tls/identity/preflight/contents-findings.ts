import { dotted, spanAt, spansIn } from '../../../formats/asn1/der-spans.js';
import { printableList } from '../../../base/text/printable.js';
import type { CertificateContents } from '../../../formats/x509/certificate-contents.js';
import { EXTENDED_KEY_USAGES, usageName } from '../../../formats/x509/usages.js';
import { error, warning, type Finding, type IdentityRole } from './finding.js';

/** What is checked of a certificate. Its purposes are those that remain after an administrator's restrictions. */
export type ExaminedContents = Pick<
  CertificateContents,
  'raw' | 'validFrom' | 'validTo' | 'keyUsage' | 'publicKey'
> & { readonly extendedKeyUsage: readonly string[] | null };

/** Problems that the contents of the certificate show. */
export function contentsFindings(
  certificate: ExaminedContents,
  role: IdentityRole,
  now: Date = new Date(),
): Finding[] {
  return [
    ...purposeFindings(certificate, role),
    ...validityFindings(certificate, now),
    ...keyTypeFindings(certificate, role),
    ...signatureFindings(certificate.raw),
  ];
}

const PURPOSES = {
  client: ['clientAuth', 'a TLS client'],
  server: ['serverAuth', 'a TLS server'],
} as const;

function* purposeFindings(certificate: ExaminedContents, role: IdentityRole): Generator<Finding> {
  const [name, who] = PURPOSES[role];
  const { extendedKeyUsage, keyUsage } = certificate;
  if (extendedKeyUsage !== null && !extendedKeyUsage.includes(EXTENDED_KEY_USAGES[name])) {
    const others = extendedKeyUsage.length === 0 ? 'nothing' : printableList(extendedKeyUsage.map(usageName));
    yield error(
      'EKU_MISSING',
      `The certificate is not for ${who}, only for ${others}.`,
      `Have one issued with the extended key usage ${name} (${EXTENDED_KEY_USAGES[name]}).`,
    );
  }
  if (keyUsage !== null && !keyUsage.includes('digitalSignature')) {
    yield error(
      'KEY_USAGE_MISSING',
      'The key may not sign: its key usage lacks digitalSignature, which every current handshake needs.',
      'Have a certificate issued with the key usage digitalSignature.',
    );
  }
}

function* validityFindings({ validFrom, validTo }: ExaminedContents, now: Date): Generator<Finding> {
  if (validTo < now) {
    yield error('EXPIRED', `The certificate expired on ${day(validTo)}.`, 'Renew it.');
  } else if (validFrom > now) {
    yield error(
      'NOT_YET_VALID',
      `The certificate is not valid before ${day(validFrom)}.`,
      'Wait until then, or correct the clock of this machine.',
    );
  }
}

const day = (date: Date): string =>
  Number.isNaN(date.getTime()) ? 'an unreadable date' : date.toISOString();

/** Windows' default policy refuses shorter RSA keys. */
const LEAST_RSA = 1024;
/** What most peers require (NIST SP 800-131A). */
const USUAL_RSA = 2048;

function* keyTypeFindings(certificate: ExaminedContents, role: IdentityRole): Generator<Finding> {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKeyOf(certificate);
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    const remedy =
      'Have a certificate issued for an RSA key of 2048 bits or more, or one on the curve P-256.';
    if (bits < LEAST_RSA) {
      yield error('RSA_TOO_SHORT', `The RSA key has ${bits} bits; Windows refuses less than 1024.`, remedy);
    } else if (bits < USUAL_RSA) {
      yield warning('RSA_SHORT', `The RSA key has ${bits} bits; many peers refuse less than 2048.`, remedy);
    }
  } else if (type !== 'ec') {
    yield error(
      'KEY_TYPE',
      `Schannel has no TLS with keys of this kind (${type ?? 'unknown'}).`,
      'Use an RSA key, or one on the curve P-256 or P-384.',
    );
  } else if (details?.namedCurve === 'secp521r1') {
    // openziti/tlsuv#290, dotnet/runtime#58439
    const finding = role === 'client' ? error : warning;
    yield finding(
      'CURVE_P521',
      role === 'client'
        ? 'The key is on the curve P-521, which Schannel passes over as a client.'
        : 'The key is on the curve P-521, with which Schannel servers fail under TLS 1.3.',
      'Use a key on the curve P-256 or P-384.',
    );
  }
}

/** OpenSSL may not know the key; then its type is unknown. */
function publicKeyOf(
  certificate: ExaminedContents,
): Partial<Pick<ExaminedContents['publicKey'], 'asymmetricKeyType' | 'asymmetricKeyDetails'>> {
  try {
    return certificate.publicKey;
  } catch {
    return {};
  }
}

const MD5: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2', // md2WithRSAEncryption
  '1.2.840.113549.1.1.4', // md5WithRSAEncryption
]);

const SHA1: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.5', // sha1WithRSAEncryption
  '1.2.840.10040.4.3', // dsa-with-sha1
  '1.2.840.10045.4.1', // ecdsa-with-SHA1
  '1.3.14.3.2.29', // sha1WithRSASignature (OIW)
]);

/** Problems of a certificate's signature. The certificate may also be that of an issuer. */
export function signatureFindings(der: Uint8Array): Finding[] {
  const [, algorithm] = spansIn(spanAt(der, 0).content);
  const [identifier] = algorithm === undefined ? [] : spansIn(algorithm.content);
  const oid = identifier === undefined ? '' : dotted(identifier.content);
  const remedy = 'Have the certificate issued again, by an authority that signs with SHA-256.';
  if (MD5.has(oid)) {
    return [
      error('SIGNATURE_MD5', 'The certificate is signed with MD5, which ends every handshake.', remedy),
    ];
  }
  if (!SHA1.has(oid)) return [];
  return [
    warning('SIGNATURE_SHA1', 'The certificate is signed with SHA-1, which most peers refuse.', remedy),
  ];
}
