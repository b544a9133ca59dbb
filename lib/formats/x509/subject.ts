import { inspect } from 'node:util';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { spanAt } from '../asn1/der-spans.js';
import { sequence } from '../asn1/der-writer.js';
import { ABBREVIATIONS } from './distinguished-name.js';

/** Name (RFC 5280 §4.1.2.4), DER. */
export type EncodedName = Uint8Array;

/** A name without any part, for a certificate that names its holder only in its alternative names. */
export const EMPTY_NAME: EncodedName = sequence();

export const isEmptyName = (name: EncodedName): boolean => spanAt(name, 0).content.length === 0;

/**
 * Parses a name in the form of Windows ('CN=bar.example, O="Bar, Inc."') or RFC 4514 ('CN=bar.example,O=Bar\\, Inc.'):
 * the most specific part first, '+' between attributes of one part. '' is the empty name.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE, ERR_INVALID_ARG_TYPE
 */
export function parseSubject(text: string): EncodedName {
  if (typeof (text as unknown) !== 'string') throw invalidType('subject', 'of type string', text);
  if (text.trim() === '') return EMPTY_NAME;
  const parts = split(text, /[,;]/).map((part) => split(part, /\+/).map((one) => attributeOf(one, text)));
  // A certificate has the most general part first.
  return encoded(parts.reverse());
}

/** A name that has only a common name. */
export const commonName = (value: string): EncodedName => encoded([[attribute(COMMON_NAME, value)]]);

const encoded = (parts: readonly AttributeTypeAndValue[][]): EncodedName =>
  new Uint8Array(
    AsnConvert.serialize(new Name(parts.map((attributes) => new RelativeDistinguishedName(attributes)))),
  );

/** The same name in DER, whatever encoding it had. @throws Error for what is no name */
export const canonicalName = (name: Uint8Array): EncodedName =>
  new Uint8Array(AsnConvert.serialize(AsnConvert.parse(name, Name)));

const COMMON_NAME = '2.5.4.3';

/** Splits at separators that are neither in quotes nor after a backslash. */
function split(text: string, separator: RegExp): string[] {
  const pieces = [''];
  let isQuoted = false;
  for (const [token] of text.matchAll(/\\[^]|[^]/g)) {
    if (token === '"') isQuoted = !isQuoted;
    if (!isQuoted && separator.test(token) && token.length === 1) pieces.push('');
    else pieces.push((pieces.pop() ?? '') + token);
  }
  return pieces;
}

function attributeOf(piece: string, text: string): AttributeTypeAndValue {
  // Blanks are removed first: a pattern that ends with them would backtrack from each one.
  const match = /^([a-z][a-z0-9.]*|\d+(?:\.\d+)+)\s*=\s*([^]*)$/i.exec(piece.trim());
  const type = identifierOf(match?.[1] ?? '');
  const value = valueOf(match?.[2] ?? '');
  if (type !== null && value !== null && value !== '') return attribute(type, value);
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'subject' must be a distinguished name such as 'CN=bar.example, O=Bar'. Received ${inspect(text)}`,
  );
}

const IDENTIFIERS: ReadonlyMap<string, string> = new Map([
  ...[...ABBREVIATIONS].map(
    ([identifier, abbreviation]) => [abbreviation.toUpperCase(), identifier] as const,
  ),
  // The names in RFC 4514 and OpenSSL.
  ['ST', '2.5.4.8'],
  ['EMAILADDRESS', '1.2.840.113549.1.9.1'],
]);

function identifierOf(type: string): string | null {
  const dotted = /^(?:OID\.)?(\d+(?:\.\d+)+)$/i.exec(type)?.[1];
  return dotted ?? IDENTIFIERS.get(type.toUpperCase()) ?? null;
}

/** A value without its quotes or backslashes; null for quotes that do not match. */
function valueOf(text: string): string | null {
  if (text.startsWith('"')) {
    const quoted = /^"((?:""|\\[^]|[^"\\])*)"$/.exec(text)?.[1];
    return quoted === undefined ? null : quoted.replaceAll('""', '"').replace(/\\([^])/g, '$1');
  }
  if (/(?<!\\)"/.test(text)) return null;
  return text
    .replace(/\\([0-9a-f]{2}(?:\\[0-9a-f]{2})*)/gi, (_, pairs: string) =>
      Buffer.from(pairs.replaceAll('\\', ''), 'hex').toString('utf8'),
    )
    .replace(/\\([^])/g, '$1');
}

/** Attributes that are no DirectoryString (RFC 5280 appendix A): countryName and serialNumber, e-mail and DC. */
const PRINTABLE = new Set(['2.5.4.5', '2.5.4.6', '2.5.4.46']);
const IA5 = new Set(['1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.25']);

function attribute(type: string, text: string): AttributeTypeAndValue {
  const value = PRINTABLE.has(type)
    ? { printableString: text }
    : IA5.has(type)
      ? { ia5String: text }
      : { utf8String: text };
  return new AttributeTypeAndValue({ type, value: new AttributeValue(value) });
}
