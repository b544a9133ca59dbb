import { argumentError, integerWithin, invalidType, numberWithin } from '../../base/errors/argument-error.js';
import type { GenerateKeyOptions } from '../key/generate.js';
import { type PrivateKey } from '../key/private-key.js';
import { CertificateStore } from '../store/store.js';
import { type AlternativeNames, alternativeNames } from '../../formats/x509/alternative-names.js';
import type { SelfSignedFields } from '../../formats/x509/certificate-writer.js';
import type { SelfSignedOptions } from './self-signed-options.js';
import {
  commonName,
  EMPTY_NAME,
  type EncodedName,
  isEmptyName,
  parseSubject,
} from '../../formats/x509/subject.js';

/** Options after the check. */
export interface SelfSignedRequest {
  readonly content: SelfSignedFields;
  readonly key: PrivateKey | GenerateKeyOptions;
  readonly friendlyName: string | undefined;
  readonly store: CertificateStore | string;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE */
export function parseOptions(options: SelfSignedOptions, now = new Date()): SelfSignedRequest {
  const { dns = [], ip = [], subject, validFrom, days = 365, usages = ['server', 'client'] } = options;
  const { key = {}, friendlyName, store = 'CurrentUser\\MY' } = options;
  checkStrings('dns', dns);
  checkStrings('ip', ip);
  if (subject !== undefined) checkString('subject', subject);
  if (friendlyName !== undefined) checkString('friendlyName', friendlyName);
  if (!isObject(key)) throw invalidType('key', 'a PrivateKey or an object', key);
  if (typeof store !== 'string' && !(store instanceof CertificateStore)) {
    throw invalidType('store', 'a CertificateStore or of type string', store);
  }
  checkUsages(usages);
  const names = alternativeNames({ dns, ip });
  return {
    content: {
      subject: subjectOf(subject, names),
      names,
      usages: [...new Set(usages)],
      ...validity(days, now, validFrom),
    },
    key,
    friendlyName,
    store,
  };
}

/** ub-common-name (RFC 5280 appendix A). */
const LONGEST_COMMON_NAME = 64;

function subjectOf(subject: string | undefined, { dns, ip }: AlternativeNames): EncodedName {
  if (subject !== undefined) {
    const name = parseSubject(subject);
    if (!isEmptyName(name) || dns.length + ip.length > 0) return name;
  }
  const [first] = [...dns, ...ip];
  if (first === undefined) {
    throw argumentError('ERR_INVALID_ARG_VALUE', "A certificate needs one of 'dns', 'ip' and 'subject'");
  }
  return first.length <= LONGEST_COMMON_NAME ? commonName(first) : EMPTY_NAME;
}

const DAY_MS = 86_400_000;
/** Clocks of peers may be slow. */
const BACKDATED_MS = 300_000;

function validity(
  days: number,
  now: Date,
  notBefore = new Date(now.getTime() - BACKDATED_MS),
): Pick<SelfSignedFields, 'notBefore' | 'notAfter'> {
  integerWithin('days', days, 1, 36500);
  const notAfter = new Date(now.getTime() + days * DAY_MS);
  // Callers in JavaScript may pass any value.
  if (!((notBefore as unknown) instanceof Date))
    throw invalidType('validFrom', 'an instance of Date', notBefore);
  numberWithin('validFrom', notBefore.getTime(), 0, notAfter.getTime());
  return { notBefore, notAfter };
}

function checkUsages(usages: readonly string[]): void {
  checkStrings('usages', usages);
  if (usages.length > 0 && usages.every((usage) => usage === 'server' || usage === 'client')) return;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'usages' must hold 'server', 'client' or both. Received ${JSON.stringify(usages)}`,
  );
}

function checkStrings(name: string, value: unknown): void {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return;
  throw invalidType(name, 'an array of strings', value);
}

function checkString(name: string, value: unknown): void {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
