import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { type CertificateTemplate, parseTemplate } from '../../formats/request/template.js';
import { type AlternativeNames, alternativeNames, hasNames } from '../../formats/x509/alternative-names.js';
import {
  commonName,
  EMPTY_NAME,
  type EncodedName,
  isEmptyName,
  parseSubject,
} from '../../formats/x509/subject.js';
import { EXTENDED_KEY_USAGES, KEY_USAGES, type KeyUsage, usageOid } from '../../formats/x509/usages.js';
import { checkBoolean, checkName, checkOneOf } from '../key/arguments.js';
import type { RequestOptions } from './request-options.js';

/** What a certificate says that will be renewed. */
export interface Renewable {
  readonly subject: EncodedName;
  readonly names: AlternativeNames;
  readonly keyUsage: readonly KeyUsage[] | null;
  readonly extendedKeyUsage: readonly string[] | null;
  readonly template: CertificateTemplate | string | null;
}

/** What a request will say, after the check of its options. */
export interface RequestWishes {
  readonly subject: EncodedName;
  readonly names: AlternativeNames;
  /** Null: what fits the key. */
  readonly keyUsage: readonly KeyUsage[] | null;
  /** Identifiers. */
  readonly extendedKeyUsage: readonly string[];
  readonly template: CertificateTemplate | string | null;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkRequestOptions(options: RequestOptions): void {
  for (const kind of NAME_KINDS) if (options[kind] !== undefined) checkStrings(kind, options[kind]);
  if (options.subject !== undefined && typeof options.subject !== 'string') {
    throw invalidType('subject', 'of type string', options.subject);
  }
  if (options.usages !== undefined) checkStrings('usages', options.usages);
  if (options.keyUsage !== undefined) checkStrings('keyUsage', options.keyUsage);
  checkName('friendlyName', options.friendlyName);
  checkBoolean('sameKey', options.sameKey);
  checkOneOf('location', ['CurrentUser', 'LocalMachine'], options.location);
  checkOneOf('padding', ['pkcs1', 'pss'], options.padding);
  checkOneOf('digest', ['sha256', 'sha384', 'sha512'], options.digest);
  const { key, existingKey, renew, sameKey } = options;
  if (key !== undefined && (typeof key !== 'object' || (key as unknown) === null)) {
    throw invalidType('key', 'a PrivateKey or an object', key);
  }
  if (existingKey !== undefined && (key !== undefined || sameKey === true)) {
    throw wrong("'existingKey', 'key' and 'sameKey' exclude each other");
  }
  if (sameKey !== true) return;
  if (renew === undefined) throw wrong("'sameKey' needs a certificate to renew");
  if (key !== undefined) throw wrong("'sameKey' and 'key' exclude each other");
}

const NAME_KINDS = ['dns', 'ip', 'email', 'upn', 'uri'] as const;

/**
 * What the request will say: what the options give, then what the certificate to renew says, then the defaults.
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export function wishesOf(options: RequestOptions, renewable: Renewable | null = null): RequestWishes {
  const isNamed = NAME_KINDS.some((kind) => options[kind] !== undefined);
  const names = isNamed || renewable === null ? namesIn(options) : renewable.names;
  const { template, keyUsage, usages } = options;
  return {
    subject: subjectOf(options.subject, names, isNamed ? null : renewable),
    names,
    keyUsage: keyUsage === undefined ? (renewable?.keyUsage ?? null) : keyUsage.map(keyUsageOf),
    extendedKeyUsage:
      usages === undefined ? (renewable?.extendedKeyUsage ?? defaultPurposes(names)) : purposesOf(usages),
    template: template === undefined ? (renewable?.template ?? null) : templateOf(template),
  };
}

const namesIn = ({ dns = [], ip = [], email = [], upn = [], uri = [] }: RequestOptions): AlternativeNames =>
  alternativeNames({ dns, ip, email, upn, uri });

/** ub-common-name (RFC 5280 appendix A). */
const LONGEST_COMMON_NAME = 64;

function subjectOf(
  subject: string | undefined,
  names: AlternativeNames,
  renewable: Renewable | null,
): EncodedName {
  if (subject !== undefined) {
    const name = parseSubject(subject);
    if (!isEmptyName(name) || hasNames(names)) return name;
  }
  if (subject === undefined && renewable !== null) return renewable.subject;
  const first = [names.dns, names.ip, names.email, names.upn, names.uri].flat()[0];
  if (first === undefined)
    throw wrong("A request needs a 'subject', or one of 'dns', 'ip', 'email', 'upn' and 'uri'");
  return first.length <= LONGEST_COMMON_NAME ? commonName(first) : EMPTY_NAME;
}

const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['server', EXTENDED_KEY_USAGES.serverAuth],
  ['client', EXTENDED_KEY_USAGES.clientAuth],
]);

const purposesOf = (usages: readonly string[]): string[] => [
  ...new Set(
    usages.map((usage) => {
      const oid = SHORT_NAMES.get(usage) ?? usageOid(usage);
      if (oid !== null) return oid;
      throw wrong(
        `The property 'usages' must hold 'server', 'client', names or identifiers. Received '${usage}'`,
      );
    }),
  ),
];

function defaultPurposes({ dns, ip, email, upn }: AlternativeNames): readonly string[] {
  const isPerson = dns.length + ip.length === 0 && email.length + upn.length > 0;
  return [isPerson ? EXTENDED_KEY_USAGES.clientAuth : EXTENDED_KEY_USAGES.serverAuth];
}

function keyUsageOf(text: string): KeyUsage {
  const usage = KEY_USAGES.find((known) => known.toLowerCase() === text.toLowerCase());
  if (usage !== undefined) return usage;
  throw wrong(`The property 'keyUsage' must hold some of ${KEY_USAGES.join(', ')}. Received '${text}'`);
}

function templateOf(template: string | CertificateTemplate): CertificateTemplate | string {
  if (typeof template === 'string') return parseTemplate(template);
  const { oid, major, minor } = template;
  return parseTemplate(`${oid}:${String(major)}${minor === undefined ? '' : `.${String(minor)}`}`);
}

function checkStrings(name: string, value: unknown): void {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return;
  throw invalidType(name, 'an array of strings', value);
}

const wrong = (message: string): Error => argumentError('ERR_INVALID_ARG_VALUE', message);
