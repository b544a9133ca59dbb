import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import type { Certificate } from './certificate.js';
import type { DistinguishedName } from '../../formats/x509/distinguished-name.js';
import { plainHex, toHex } from '../../base/text/hex.js';
import { asciiName, isForHost } from '../../formats/x509/host-match.js';
import { canonicalAddress } from '../../formats/x509/ip-address.js';
import { KEY_USAGES, type KeyUsage, usageOid } from '../../formats/x509/usages.js';

/** The criteria of a search. A certificate must match all of them. */
export interface CertificateQuery {
  /** SHA-1 or SHA-256 in hexadecimal, with or without separators. */
  readonly thumbprint?: string;
  /**
   * Text anywhere in a value of the subject, in any case: 'example.com' also finds 'notexample.com'. With '=' whole
   * values: 'CN=www.example.com, O=Example'. Or a regular expression for the subject on one line.
   */
  readonly subject?: string | RegExp;
  /** As `subject`. */
  readonly issuer?: string | RegExp;
  /**
   * A host name that it is valid for: by an alternative name, including wildcards, or by its common name if it has no
   * alternative names. Unicode or A-labels.
   */
  readonly dns?: string;
  /** An address among its alternative names, in any notation. */
  readonly ip?: string;
  /** The whole friendly name, in any case. */
  readonly friendlyName?: string | RegExp;
  /** Purposes that it must allow, by name ('serverAuth') or identifier. A certificate without purposes allows all. */
  readonly eku?: string | readonly string[];
  /** What the key must be allowed to do. A certificate without key usage allows all. */
  readonly keyUsage?: KeyUsage | readonly KeyUsage[];
  /** Name or identifier of the template, in any case. */
  readonly template?: string;
  /** Hexadecimal, or the number itself. */
  readonly serialNumber?: string | bigint;
  /** Subject key identifier, hexadecimal or octets. */
  readonly keyIdentifier?: string | Uint8Array;
  readonly hasPrivateKey?: boolean;
  /** True means now. */
  readonly validAt?: Date | true;
  /** Called last, only for certificates that match everything else. */
  readonly where?: (certificate: Certificate) => boolean | Promise<boolean>;
}

/** @returns whether a certificate matches */
export type CertificateMatcher = (certificate: Certificate) => boolean | Promise<boolean>;

/**
 * The test of a query for one certificate. It runs in this process, since Windows can search by few of the criteria,
 * and Wine by fewer.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function matcherOf(query: CertificateQuery): CertificateMatcher {
  const { where, ...rest } = query;
  const criteria: Readonly<Record<string, unknown>> = rest;
  const tests: Test[] = [];
  for (const [name, value] of Object.entries(criteria)) {
    // An ignored criterion would match everything, and a later step might delete that.
    if (!isCriterion(name)) throw wrongValue(name, 'is no criterion');
    if (value === undefined || value === null) throw wrongValue(name, 'has no value');
    tests.push(CRITERIA[name](value, name));
  }
  if (where !== undefined && typeof where !== 'function') throw wrongValue('where', 'is no function');
  return (certificate) =>
    tests.every((test) => holds(test, certificate)) && (where === undefined || where(certificate));
}

type Test = (certificate: Certificate) => boolean;
type Criterion = Exclude<keyof CertificateQuery, 'where'>;

/** Makes the test for a given value. */
const CRITERIA: Readonly<Record<Criterion, (value: unknown, name: string) => Test>> = {
  thumbprint: thumbprintTest,
  subject: nameTest(
    ({ subjectName }) => subjectName,
    ({ subject }) => subject,
  ),
  issuer: nameTest(
    ({ issuerName }) => issuerName,
    ({ issuer }) => issuer,
  ),
  dns: dnsTest,
  ip: ipTest,
  friendlyName: friendlyNameTest,
  eku: ekuTest,
  keyUsage: keyUsageTest,
  template: templateTest,
  serialNumber: serialNumberTest,
  keyIdentifier: keyIdentifierTest,
  hasPrivateKey: hasPrivateKeyTest,
  validAt: validAtTest,
};

const isCriterion = (name: string): name is Criterion => Object.hasOwn(CRITERIA, name);

/** A certificate with a part that cannot be read does not match. */
function holds(test: Test, certificate: Certificate): boolean {
  try {
    return test(certificate);
  } catch (error) {
    if (error instanceof SchannelError && error.code === 'ERR_SCHANNEL_OPTION_CERTIFICATE') return false;
    throw error;
  }
}

function thumbprintTest(value: unknown, name: string): Test {
  const wanted = hexOf(value, name);
  switch (wanted.length) {
    case 40:
      return ({ thumbprint }) => thumbprint === wanted;
    case 64:
      return ({ thumbprint256 }) => thumbprint256 === wanted;
    default:
      throw wrongValue(name, 'has neither 40 (SHA-1) nor 64 (SHA-256) hexadecimal digits');
  }
}

function nameTest(
  parts: (certificate: Certificate) => DistinguishedName,
  line: (certificate: Certificate) => string,
): (value: unknown, name: string) => Test {
  return (value, name) => {
    if (value instanceof RegExp) return (certificate) => matches(value, line(certificate));
    const text = stringOf(value, name);
    if (!text.includes('=')) {
      const wanted = folded(text);
      return (certificate) =>
        parts(certificate).some((part) => part.some((each) => folded(each.value).includes(wanted)));
    }
    const wanted = attributesOf(text);
    return (certificate) => {
      const present = parts(certificate).flat();
      return wanted.every(([type, expected]) =>
        present.some((each) => folded(each.type) === type && folded(each.value) === expected),
      );
    };
  };
}

/** 'CN=a, O="b, c"' as pairs, folded. */
const attributesOf = (text: string): readonly (readonly [string, string])[] =>
  [...text.matchAll(/([^=,+]+)=\s*(?:"((?:[^"]|"")*)"|([^,+]*))/g)].map(([, type = '', inQuotes, plain]) => [
    abbreviation(type),
    folded((inQuotes?.replaceAll('""', '"') ?? plain ?? '').trim()),
  ]);

/** Attributes for which OpenSSL and Windows have different names. */
const OPENSSL_TYPES: ReadonlyMap<string, string> = new Map([
  ['st', 's'],
  ['emailaddress', 'e'],
]);

function abbreviation(type: string): string {
  const plain = folded(type.trim());
  return OPENSSL_TYPES.get(plain) ?? plain;
}

function dnsTest(value: unknown, name: string): Test {
  const wanted = asciiName(stringOf(value, name));
  if (wanted === '') throw wrongValue(name, 'is no host name');
  return (certificate) => isForHost(certificate, wanted);
}

function ipTest(value: unknown, name: string): Test {
  const wanted = canonicalAddress(stringOf(value, name));
  if (wanted === null) throw wrongValue(name, 'is no IP address');
  return ({ ipAddresses }) => ipAddresses.includes(wanted);
}

function friendlyNameTest(value: unknown, name: string): Test {
  if (value instanceof RegExp) {
    return ({ friendlyName }) => friendlyName !== null && matches(value, friendlyName);
  }
  const wanted = folded(stringOf(value, name));
  return ({ friendlyName }) => friendlyName !== null && folded(friendlyName) === wanted;
}

function ekuTest(value: unknown, name: string): Test {
  const wanted = listOf(value, name).map((text) => {
    const oid = usageOid(text);
    if (oid === null) throw wrongValue(name, `names no purpose that is known: '${text}'`);
    return oid;
  });
  return ({ extendedKeyUsage }) =>
    extendedKeyUsage === null || wanted.every((oid) => extendedKeyUsage.includes(oid));
}

function keyUsageTest(value: unknown, name: string): Test {
  const wanted = listOf(value, name).map((text) => {
    const usage = KEY_USAGES.find((known) => folded(known) === folded(text));
    if (usage === undefined) throw wrongValue(name, `is none of ${KEY_USAGES.join(', ')}: '${text}'`);
    return usage;
  });
  return ({ keyUsage }) => keyUsage === null || wanted.every((usage) => keyUsage.includes(usage));
}

function templateTest(value: unknown, name: string): Test {
  const wanted = folded(stringOf(value, name));
  return ({ templates }) => templates.some((template) => folded(template) === wanted);
}

/** Compared as numbers: programs differ in leading zeros. */
function serialNumberTest(value: unknown, name: string): Test {
  const wanted = typeof value === 'bigint' ? value : BigInt(`0x${hexOf(value, name)}`);
  return ({ serialNumber }) => BigInt(`0x${serialNumber}`) === wanted;
}

function keyIdentifierTest(value: unknown, name: string): Test {
  const wanted = value instanceof Uint8Array ? toHex(value) : hexOf(value, name);
  return ({ keyIdentifier }) => keyIdentifier === wanted;
}

function hasPrivateKeyTest(value: unknown, name: string): Test {
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean');
  return ({ hasPrivateKey }) => hasPrivateKey === value;
}

function validAtTest(value: unknown, name: string): Test {
  const moment = value === true ? new Date() : value;
  if (!(moment instanceof Date) || Number.isNaN(moment.getTime())) throw wrongType(name, 'a Date or true');
  return (certificate) => certificate.isValid(moment);
}

/** Folded case and normal form: the same letter can be one character or two. */
const folded = (text: string): string => text.normalize('NFC').toLowerCase();

/** An expression with the flag g or y continues from its last match. */
function matches(expression: RegExp, text: string): boolean {
  expression.lastIndex = 0;
  return expression.test(text);
}

function stringOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrongType(name, 'a string');
  if (value === '') throw wrongValue(name, 'is empty');
  return value;
}

function listOf(value: unknown, name: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => stringOf(item, name));
}

function hexOf(value: unknown, name: string): string {
  const digits = plainHex(stringOf(value, name));
  if (digits === null) throw wrongValue(name, 'is not hexadecimal');
  return digits;
}

const wrongType = (name: string, expected: string): Error =>
  argumentError('ERR_INVALID_ARG_TYPE', `The criterion "${name}" must be ${expected}`);

const wrongValue = (name: string, what: string): Error =>
  argumentError('ERR_INVALID_ARG_VALUE', `The criterion "${name}" ${what}`);
