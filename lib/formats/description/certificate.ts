import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { printable } from '../../base/text/printable.js';
import { formatRows, type Style } from '../../base/text/rows.js';
import { describeValidity } from '../../base/text/validity.js';
import { parseCertificate } from '../x509/certificate-of.js';

/** What a person wants to know about a certificate, as `schannel connect --json` has it. */
export interface CertificateFacts {
  /** Whether OpenSSL can read it. If not, everything below but the fingerprints is null. */
  readonly readable: boolean;
  /** Distinguished names, most specific part first: 'CN=mail.example, O=Example'. */
  readonly subject: string | null;
  readonly issuer: string | null;
  /** Subject alternative names as OpenSSL prints them: 'DNS:mail.example, IP Address:192.0.2.1'. */
  readonly subjectAltName: string | null;
  /** ISO 8601; null for a date that cannot be read. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly serialNumber: string | null;
  /** SHA-1 as Windows' certificate tools show it, hexadecimal without separators. */
  readonly thumbprint: string;
  readonly fingerprint256: string;
  /** 'RSA 2048', 'EC prime256v1' …; null for a type of key that OpenSSL does not know. */
  readonly publicKey: string | null;
}

/** Never throws, because a peer chooses what it sends. */
export function certificateFacts(der: Uint8Array): CertificateFacts {
  const certificate = parseCertificate(der);
  return {
    readable: certificate !== null,
    subject: certificate && nameOnOneLine(certificate.subject),
    issuer: certificate && nameOnOneLine(certificate.issuer),
    subjectAltName: certificate?.subjectAltName ?? null,
    validFrom: certificate && momentOf(certificate.validFrom),
    validTo: certificate && momentOf(certificate.validTo),
    serialNumber: certificate?.serialNumber ?? null,
    thumbprint: digestOf('sha1', der),
    fingerprint256: digestOf('sha256', der),
    publicKey: certificate && keyOf(certificate),
  };
}

/** The certificate as lines: its number and subject, the rest indented. */
export function formatCertificate(
  facts: CertificateFacts,
  number: number,
  style: Style,
  now: number,
): string[] {
  const head = `${number}  `;
  const indent = ' '.repeat(head.length);
  const { readable, subject, issuer, subjectAltName } = facts;
  const title = readable
    ? style.bold(printable(subject ?? '') || '(no subject)')
    : style.bad('a certificate that cannot be read');
  const span = { from: Date.parse(facts.validFrom ?? ''), to: Date.parse(facts.validTo ?? '') };
  return [
    `${style.dim(head)}${title}`,
    ...formatRows(
      [
        ['issuer', issuer === null ? null : issuer === subject ? 'itself' : printable(issuer)],
        ['names', subjectAltName === null ? null : printable(subjectAltName)],
        ['valid', readable ? describeValidity(span, now) : null],
        ['key', facts.publicKey],
        ['thumbprint', facts.thumbprint],
      ],
      style,
      indent,
    ),
  ];
}

/** OpenSSL's text as ISO 8601. */
function momentOf(text: string): string | null {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : new Date(moment).toISOString();
}

function keyOf(certificate: X509Certificate): string | null {
  try {
    return describeKey(certificate.publicKey);
  } catch {
    return null;
  }
}

const digestOf = (algorithm: 'sha1' | 'sha256', der: Uint8Array): string =>
  createHash(algorithm).update(der).digest('hex').toUpperCase();

/** OpenSSL's 'CN=a\nO=b', which starts with the root, in the order of RFC 4514. */
function nameOnOneLine(name: string): string {
  return name.split('\n').reverse().join(', ');
}

/** 'RSA 2048', 'EC prime256v1' … */
export function describeKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  const type = (asymmetricKeyType ?? 'unknown').toUpperCase();
  return [type, modulusLength ?? namedCurve].filter((part) => part !== undefined).join(' ');
}
