import { dotted, LONGEST_IDENTIFIER, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { readable, unreadable } from './certificate-of.js';

/** The parts of a certificate (RFC 5280 §4.1), undecoded. */
export interface Outline {
  /** Content of the INTEGER. */
  readonly serialNumber: Uint8Array;
  /** Name, tag and length included. */
  readonly issuer: Uint8Array;
  readonly notBefore: Span;
  readonly notAfter: Span;
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo, tag and length included. */
  readonly publicKey: Uint8Array;
  /** Extensions, tag and length included; null if there are none. */
  readonly extensions: Uint8Array | null;
}

/** @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export const outlineOf = (der: Uint8Array): Outline => readable(() => readOutline(der));

function readOutline(der: Uint8Array): Outline {
  const certificate = spanAt(der, 0);
  const fields = spansIn(spanAt(certificate.content, 0).content);
  // [0] is the version, which version 1 does not state.
  const from = fields[0]?.tag === 0xa0 ? 1 : 0;
  const [serialNumber, , issuer, validity, subject, publicKey] = fields.slice(from);
  if (!serialNumber || !issuer || !validity || !subject || !publicKey) throw unreadable();
  const [notBefore, notAfter] = spansIn(validity.content);
  if (!notBefore || !notAfter) throw unreadable();
  const extensions = fields.find(({ tag }) => tag === 0xa3);
  return {
    serialNumber: serialNumber.content,
    issuer: issuer.raw,
    notBefore,
    notAfter,
    subject: subject.raw,
    publicKey: publicKey.raw,
    extensions: extensions === undefined ? null : extensions.content,
  };
}

/**
 * The values (content of extnValue) of the extensions, by identifier; the first of duplicates.
 * @throws MalformedDer
 */
export function extensionValues({ extensions }: Outline): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  if (extensions === null) return values;
  for (const { content } of spansIn(spanAt(extensions, 0).content)) {
    const parts = spansIn(content);
    const identifier = parts[0];
    const value = parts.at(-1);
    if (identifier === undefined || value?.tag !== 0x04) continue;
    // No identifier in use is that long. It must not hide the other extensions.
    if (identifier.content.length > LONGEST_IDENTIFIER) continue;
    const oid = dotted(identifier.content);
    if (!values.has(oid)) values.set(oid, value.content);
  }
  return values;
}

/**
 * The moment of a UTCTime (0x17) or GeneralizedTime (0x18); an invalid Date for anything else, and for moments that no
 * calendar has.
 */
export function momentOf({ tag, content }: Span): Date {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  const parts = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:\.\d+)?(Z|[+-]\d{4})?$/.exec(text);
  if (parts === null || (parts[1]?.length === 4) !== (tag === 0x18)) return new Date(NaN);
  const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((digits: string | undefined) => Number(digits ?? 0));
  // RFC 5280 §4.1.2.5.1: two-digit years from 50 on are 19xx.
  const year = tag === 0x18 ? years : years < 50 ? 2000 + years : 1900 + years;
  const moment = new Date(Date.UTC(2000, month - 1, 1, hour, minute, second));
  moment.setUTCFullYear(year, month - 1, day);
  // JavaScript would go on to the next month, or the next day.
  const exists = moment.getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60;
  return new Date(exists && day > 0 ? moment.getTime() - zoneOffset(parts[7]) : NaN);
}

/** '+0130' in milliseconds; NaN for more than a day has. */
function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3))];
  if (hours > 23 || minutes > 59) return NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
