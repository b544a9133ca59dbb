import { dotted, LONGEST_IDENTIFIER, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { readable } from './certificate-of.js';

/** One attribute of a name. */
export interface NameAttribute {
  /** As Windows abbreviates it: 'CN', 'O', 'S' (state), 'E' (e-mail); 'OID.1.2.3' for one without abbreviation. */
  readonly type: string;
  readonly value: string;
}

/** A name as a list of parts, in the encoded order (usually the country first). Each part usually has one attribute. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

/** Parses a Name (RFC 5280 §4.1.2.4). @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE */
export const readName = (der: Uint8Array): DistinguishedName =>
  readable(() => spansIn(spanAt(der, 0).content).map(({ content }) => spansIn(content).map(attributeOf)));

/**
 * The name on one line as Windows' dialogs, PowerShell and .NET show it: the most specific part first, 'CN=…, O=…,
 * C=…'; values with special characters in quotes (CertNameToStr, CERT_X500_NAME_STR with the reverse flag).
 */
export const formatName = (name: DistinguishedName): string =>
  [...name]
    .reverse()
    .map((part) => part.map(({ type, value }) => `${type}=${quoted(value)}`).join(' + '))
    .join(', ');

/** The most specific common name; null if there is none. */
export const commonNameOf = (name: DistinguishedName): string | null =>
  name
    .flat()
    .filter(({ type }) => type === 'CN')
    .at(-1)?.value ?? null;

const quoted = (value: string): string =>
  value === '' || /[,+="\n\r<>#;]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

function attributeOf({ content }: Span): NameAttribute {
  const [identifier, value] = spansIn(content);
  return {
    type: typeOf(identifier?.content ?? new Uint8Array(0)),
    value: value === undefined ? '' : textOf(value),
  };
}

function typeOf(identifier: Uint8Array): string {
  if (identifier.length > LONGEST_IDENTIFIER) return `OID.(${identifier.length} bytes)`;
  const oid = dotted(identifier);
  return ABBREVIATIONS.get(oid) ?? `OID.${oid}`;
}

/** A string of any ASN.1 type; '#' and hexadecimal octets for anything else (RFC 4514 §2.4). */
export function textOf({ tag, content, raw }: Span): string {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (tag) {
    case 0x0c: // UTF8String
      return bytes.toString('utf8');
    case 0x12: // NumericString
    case 0x13: // PrintableString
    case 0x16: // IA5String
    case 0x1a: // VisibleString
    case 0x14: // TeletexString: in certificates it holds Latin-1, whatever T.61 says
      return bytes.toString('latin1');
    case 0x1e: // BMPString
      return Buffer.from(bytes.subarray(0, bytes.length & ~1))
        .swap16()
        .toString('utf16le');
    case 0x1c: // UniversalString
      return universalText(bytes);
    default:
      return `#${Buffer.from(raw).toString('hex')}`;
  }
}

function universalText(bytes: Buffer): string {
  const characters: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = bytes.readUInt32BE(at);
    characters.push(code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd');
  }
  return characters.join('');
}

/** As CertNameToStr abbreviates them ("CertNameToStr function", and the keys of CryptFindOIDInfo). */
export const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'S'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'T'],
  ['2.5.4.13', 'Description'],
  ['2.5.4.17', 'PostalCode'],
  ['2.5.4.18', 'POBox'],
  ['2.5.4.20', 'Phone'],
  ['2.5.4.42', 'G'],
  ['2.5.4.43', 'I'],
  ['2.5.4.46', 'dnQualifier'],
  ['1.2.840.113549.1.9.1', 'E'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
]);
