import type { KeyObject } from 'node:crypto';
import { certificateOf } from '../pem/certificate-of.js';
import { formatRows } from './rows.js';
import { printable } from '../errors/printable.js';
import type { Style } from './terminal.js';
import { describeValidity } from './validity.js';

/** What a person wants to know of a certificate; the JSON output has it in this form. */
export interface CertificateFacts {
  /** Distinguished names, most specific part first: 'CN=mail.example, O=Example'. */
  readonly subject: string;
  readonly issuer: string;
  /** Subject alternative names as OpenSSL prints them: 'DNS:mail.example, IP Address:192.0.2.1'. */
  readonly subjectAltName: string | null;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly serialNumber: string;
  /** SHA-1 as Windows' certificate tools show it, hexadecimal without separators. */
  readonly thumbprint: string;
  readonly fingerprint256: string;
  /** 'RSA 2048', 'EC prime256v1' … */
  readonly publicKey: string;
}

export function certificateFacts(der: Uint8Array): CertificateFacts {
  const certificate = certificateOf(der);
  return {
    subject: nameOnOneLine(certificate.subject),
    issuer: nameOnOneLine(certificate.issuer),
    subjectAltName: certificate.subjectAltName ?? null,
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    serialNumber: certificate.serialNumber,
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    fingerprint256: certificate.fingerprint256.replaceAll(':', ''),
    publicKey: describeKey(certificate.publicKey),
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
  return [
    `${style.dim(head)}${style.bold(printable(facts.subject) || '(no subject)')}`,
    ...formatRows(
      [
        ['issuer', facts.issuer === facts.subject ? 'itself' : printable(facts.issuer)],
        ['names', facts.subjectAltName === null ? null : printable(facts.subjectAltName)],
        [
          'valid',
          describeValidity({ from: Date.parse(facts.validFrom), to: Date.parse(facts.validTo) }, now),
        ],
        ['key', facts.publicKey],
        ['thumbprint', facts.thumbprint],
      ],
      style,
      indent,
    ),
  ];
}

/** 'CN=a\nO=b' of OpenSSL, root first, in the order of RFC 4514. */
function nameOnOneLine(name: string): string {
  return name.split('\n').reverse().join(', ');
}

/** 'RSA 2048', 'EC prime256v1' … */
export function describeKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  const type = (asymmetricKeyType ?? 'unknown').toUpperCase();
  return [type, modulusLength ?? namedCurve].filter((part) => part !== undefined).join(' ');
}
