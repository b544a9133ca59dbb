import { dotted, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { textOf } from './distinguished-name.js';
import { formatAddress } from './ip-address.js';
import { KEY_USAGES, type KeyUsage } from './usages.js';

/** Identifiers of the extensions that are read here. */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  /** Name of a version 1 template (szOID_ENROLL_CERTTYPE_EXTENSION). */
  templateName: '1.3.6.1.4.1.311.20.2',
  /** Identifier and version of a later template (szOID_CERTIFICATE_TEMPLATE). */
  template: '1.3.6.1.4.1.311.21.7',
} as const;

/** The subject's alternative names. */
export interface AlternativeNames {
  /** As they are encoded: A-labels ('xn--…'), with wildcards. */
  readonly dnsNames: readonly string[];
  /** '192.0.2.1', '2001:db8::1'. */
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  /** User principal names: the accounts that a certificate can log on to. */
  readonly upns: readonly string[];
  readonly uris: readonly string[];
}

export const NO_NAMES: AlternativeNames = Object.freeze({
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  upns: [],
  uris: [],
});

/** szOID_NT_PRINCIPAL_NAME */
export const UPN = '1.3.6.1.4.1.311.20.2.3';
/** SmtpUTF8Mailbox (RFC 9598): an address with non-ASCII characters. */
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';

/** SubjectAltName (RFC 5280 §4.2.1.6). */
export function readAlternativeNames(value: Uint8Array): AlternativeNames {
  const names = spansIn(spanAt(value, 0).content);
  const texts = (tag: number): string[] =>
    names.filter((name) => name.tag === tag).map(({ content }) => Buffer.from(content).toString('latin1'));
  const others = names.filter(({ tag }) => tag === 0xa0).map(readOtherName);
  const othersOf = (kind: string): string[] =>
    others.filter(([type]) => type === kind).map(([, text]) => text);
  return {
    dnsNames: texts(0x82),
    ipAddresses: names.filter(({ tag }) => tag === 0x87).map(({ content }) => formatAddress(content)),
    emailAddresses: [...texts(0x81), ...othersOf(SMTP_UTF8_MAILBOX)],
    upns: othersOf(UPN),
    uris: texts(0x86),
  };
}

/** OtherName: its type, and its value if that is a string. */
function readOtherName({ content }: Span): readonly [string, string] {
  const [identifier, value] = spansIn(content);
  if (identifier === undefined || value === undefined) return ['', ''];
  return [dotted(identifier.content), textOf(spanAt(value.content, 0))];
}

/** KeyUsage (RFC 5280 §4.2.1.3). */
export function readKeyUsage(value: Uint8Array): readonly KeyUsage[] {
  // The first octet counts the unused bits at the end, which are zero.
  const bits = spanAt(value, 0).content.subarray(1);
  return KEY_USAGES.filter((_, index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0);
}

/** ExtKeyUsageSyntax (RFC 5280 §4.2.1.12); Windows' property CERT_ENHKEY_USAGE_PROP_ID has the same form. */
export const readUsages = (value: Uint8Array): readonly string[] =>
  spansIn(spanAt(value, 0).content).map(({ content }) => dotted(content));

/** BasicConstraints (RFC 5280 §4.2.1.9): whether this is an authority. */
export function readIsAuthority(value: Uint8Array): boolean {
  const [first] = spansIn(spanAt(value, 0).content);
  return first?.tag === 0x01 && first.content[0] !== 0;
}

/** How many authorities may be below this one (RFC 5280 §4.2.1.9); null for any number. */
export function readPathLength(value: Uint8Array): number | null {
  const length = spansIn(spanAt(value, 0).content).find(({ tag }) => tag === 0x02);
  return length === undefined
    ? null
    : length.content.reduce((sum, octet) => Math.min(sum * 256 + octet, 255), 0);
}

/** SubjectKeyIdentifier (RFC 5280 §4.2.1.2). */
export const readKeyIdentifier = (value: Uint8Array): Uint8Array => spanAt(value, 0).content;

/** The name of a version 1 template. */
export const readTemplateName = (value: Uint8Array): string => textOf(spanAt(value, 0));

/** CertificateTemplateOID: the identifier of a later template. */
export function readTemplateOid(value: Uint8Array): string {
  const [identifier] = spansIn(spanAt(value, 0).content);
  return identifier === undefined ? '' : dotted(identifier.content);
}
