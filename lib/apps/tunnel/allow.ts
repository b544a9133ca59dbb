import { createHash } from 'node:crypto';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import type { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { usageOid } from '../../formats/x509/usages.js';
import { type HostPattern, hostPattern } from '../../tls/server/host-pattern.js';
import type { Allow, AllowRule } from './options.js';

/** A peer, as far as TLS knows it. */
export interface Peer {
  /** Null if it showed none. */
  readonly certificate: CertificateContents | null;
  /** The certificate was verified. What an unverified one says about itself, anybody can write. */
  readonly isVerified: boolean;
}

/** Whether a peer may come through. */
export type Judge = (peer: Peer) => boolean;

/** Whether one of the values that a rule names is there. */
type Test = (certificate: CertificateContents) => boolean;

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function judgeOf(name: string, allow: Allow | undefined): Judge {
  if (allow === undefined) return () => true;
  if (typeof allow === 'function') {
    return ({ certificate }) => certificate !== null && allow(certificate);
  }
  if (typeof allow !== 'object' || (allow as unknown) === null) {
    throw invalidType(name, 'an object, an array or a function', allow);
  }
  const rules = (Array.isArray(allow) ? (allow as readonly AllowRule[]) : [allow as AllowRule]).map((rule) =>
    parseRule(name, rule),
  );
  return ({ certificate, isVerified }) =>
    certificate !== null &&
    rules.some(({ tests, isPin }) => (isPin || isVerified) && tests.every((test) => test(certificate)));
}

interface ParsedRule {
  readonly tests: readonly Test[];
  /** It names the certificate or its key, whose possession the handshake has proved. */
  readonly isPin: boolean;
}

function parseRule(name: string, rule: AllowRule): ParsedRule {
  if (typeof rule !== 'object' || (rule as unknown) === null) throw invalidType(name, 'an object', rule);
  const entries = Object.entries(rule).filter(([, value]) => (value as unknown) !== undefined);
  // Without a criterion it would let everybody in.
  if (entries.length === 0) throw argumentError('ERR_INVALID_ARG_VALUE', `A rule of '${name}' is empty`);
  return {
    tests: entries.map(([criterion, value]) => testFor(name, criterion, value)),
    isPin: entries.some(([criterion]) => criterion === 'thumbprint' || criterion === 'spki'),
  };
}

function testFor(name: string, criterion: string, value: unknown): Test {
  const make = Object.hasOwn(TESTS, criterion) ? TESTS[criterion as keyof AllowRule] : null;
  if (make === null) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `'${name}' has no criterion ${JSON.stringify(criterion)}`);
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const tests = list.map((each) => {
    if (typeof each !== 'string') throw invalidType(`${name}.${criterion}`, 'of type string', each);
    if (each === '') throw argumentError('ERR_INVALID_ARG_VALUE', `'${name}.${criterion}' is empty`);
    return make(each, `${name}.${criterion}`);
  });
  if (tests.length === 0) throw argumentError('ERR_INVALID_ARG_VALUE', `'${name}.${criterion}' is empty`);
  return (certificate) => tests.some((test) => test(certificate));
}

const TESTS: Readonly<Record<keyof AllowRule, (wanted: string, name: string) => Test>> = {
  commonName: (wanted) => (certificate) => certificate.commonName === wanted,
  organizationalUnit:
    (wanted) =>
    ({ subjectName }) =>
      subjectName.flat().some(({ type, value }) => type === 'OU' && value === wanted),
  dns: (wanted) => {
    const pattern: HostPattern = hostPattern(wanted);
    // A wildcard certificate is for many hosts, and not for one that a rule names.
    return ({ dnsNames }) => dnsNames.some((dns) => !dns.includes('*') && pattern.test(dns));
  },
  uri:
    (wanted) =>
    ({ uris }) =>
      uris.includes(wanted),
  // Only the part behind the @ is case-insensitive (RFC 5280 §7.5).
  email: (wanted) => {
    const address = lowerDomain(wanted);
    return ({ emailAddresses }) => emailAddresses.some((each) => lowerDomain(each) === address);
  },
  ip:
    (wanted) =>
    ({ ipAddresses }) =>
      ipAddresses.includes(wanted.toLowerCase()),
  eku: (wanted, name) => {
    const oid = usageOid(wanted);
    if (oid === null) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `'${name}' has no purpose ${JSON.stringify(wanted.slice(0, 80))}`,
      );
    }
    return ({ encodedKeyUsage }) => encodedKeyUsage?.includes(oid) === true;
  },
  issuer:
    (wanted) =>
    ({ issuerName }) =>
      issuerName.flat().some(({ type, value }) => type === 'CN' && value === wanted),
  thumbprint: (wanted, name) => {
    const digits = hexadecimal(wanted, name, [40, 64]);
    return ({ thumbprint, thumbprint256 }) =>
      (digits.length === 40 ? thumbprint : thumbprint256).toUpperCase() === digits;
  },
  spki: (wanted, name) => {
    const digits = hexadecimal(wanted, name, [64]);
    return ({ x509 }) => {
      const key = x509.publicKey.export({ type: 'spki', format: 'der' });
      return createHash('sha256').update(key).digest('hex').toUpperCase() === digits;
    };
  },
};

const lowerDomain = (address: string): string => address.replace(/@[^@]*$/, (domain) => domain.toLowerCase());

/** Upper case, without the colons and spaces that tools write between the octets. */
function hexadecimal(text: string, name: string, lengths: readonly number[]): string {
  const digits = text.replace(/[\s:]/g, '').toUpperCase();
  if (/^[0-9A-F]*$/.test(digits) && lengths.includes(digits.length)) return digits;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `'${name}' must have ${lengths.join(' or ')} hexadecimal digits. Received ${JSON.stringify(text.slice(0, 80))}`,
  );
}
