import { type RevocationReason, REASON_NAMES } from '../../formats/revocation/reasons.js';
import type { AlternativeNames } from '../../formats/x509/alternative-names.js';
import type { RsaPadding } from '../../formats/x509/signature-algorithm.js';

/** Where the authority's key is. */
export type KeyReference =
  | { readonly kind: 'file'; readonly file: string }
  | {
      readonly kind: 'windows';
      readonly container: string;
      readonly provider: string;
      readonly providerType: number;
      readonly machine: boolean;
    };

/** The form of the log. A program refuses a log of a later form. */
export const LOG_VERSION = 1;

/** What happened, as the log has it. Moments are in ISO 8601; hashes are SHA-256 in hexadecimal; DER is in Base64. */
export type AuthorityEvent =
  | InitEvent
  | AuthorityCertificateEvent
  | IssuingEvent
  | IssuedEvent
  | AbandonedEvent
  | RefusedEvent
  | RevokedEvent
  | ReleasedEvent
  | RevocationListEvent
  | ImportedEvent;

/** The authority exists, with its key. */
export interface InitEvent {
  readonly event: 'init';
  readonly version: number;
  readonly template: 'root' | 'issuing';
  /** Name, DER. */
  readonly subject: string;
  /** Begins the names of its public files. */
  readonly name: string;
  readonly key: KeyReference;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: string;
  readonly padding: RsaPadding;
  /** Where its public files are; null if they are not published. */
  readonly url: string | null;
  /** Number of its last revocation list before this log; 0 for a new authority. */
  readonly lists: number;
}

/** It has this certificate from now on. */
export interface AuthorityCertificateEvent {
  readonly event: 'authority';
  readonly certificate: string;
  /** Its issuers, as far as they are known. */
  readonly chain: readonly string[];
}

/** A certificate will be signed. */
export interface IssuingEvent {
  readonly event: 'issuing';
  readonly serial: string;
  readonly template: string;
  readonly subject: string;
  readonly names: AlternativeNames;
  /** Hash of SubjectPublicKeyInfo. */
  readonly publicKey: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Hash of what will be signed. */
  readonly body: string;
  /** Hash of the request; null if there was none. */
  readonly request: string | null;
  /** Serial number of the certificate that it renews. */
  readonly renews: string | null;
}

/** It was signed. */
export interface IssuedEvent {
  readonly event: 'issued';
  readonly serial: string;
  /** Hash of the certificate. */
  readonly sha256: string;
  readonly certificate: string;
}

/** A process ended between the two. Nobody knows whether there is a certificate, so its serial number is revoked. */
export interface AbandonedEvent {
  readonly event: 'abandoned';
  readonly serial: string;
}

export interface RefusedEvent {
  readonly event: 'refused';
  readonly template: string;
  readonly subject: string;
  readonly names: AlternativeNames;
  readonly request: string | null;
  readonly reasons: readonly string[];
}

export interface RevokedEvent {
  readonly event: 'revoked';
  readonly serial: string;
  readonly reason: RevocationReason;
  readonly at: string;
}

/** A hold was taken back. */
export interface ReleasedEvent {
  readonly event: 'released';
  readonly serial: string;
}

/** A revocation list will be signed. */
export interface RevocationListEvent {
  readonly event: 'crl';
  readonly number: number;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
  readonly nextPublish: string;
  readonly entries: number;
  readonly body: string;
}

/** A certificate that this authority had issued before its log began. */
export interface ImportedEvent {
  readonly event: 'imported';
  readonly serial: string;
  readonly subject: string;
  readonly names: AlternativeNames;
  /** Null if it is not known. */
  readonly publicKey: string | null;
  readonly notBefore: string | null;
  readonly notAfter: string;
  /** Null if only its serial number is known. */
  readonly certificate: string | null;
}

/** An event in the log. */
export type LoggedEvent = AuthorityEvent & {
  /** Line of the log, from 1. */
  readonly n: number;
  readonly time: string;
  /** Hash of the line before, with its line end; zeros for the first. */
  readonly before: string;
};

type Check = (value: unknown) => boolean;

const pattern =
  (expression: RegExp): Check =>
  (value) =>
    typeof value === 'string' && expression.test(value);

const text: Check = (value) => typeof value === 'string' && value.length <= 4096;
const hash = pattern(/^[0-9a-f]{64}$/);
/** Its alphabet is not checked: that would take longer than everything else, and decoding shows it. */
const base64: Check = (value) => typeof value === 'string' && value.length >= 4;
const serial = pattern(/^[0-9A-F]{2,40}$/);
const moment: Check = (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const objectOf =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([name, check]) => check(Reflect.get(value, name)));

const texts = listOf(text);
const names = objectOf({ dns: texts, ip: texts, email: texts, upn: texts, uri: texts });
const fileKey = objectOf({ kind: oneOf('file'), file: text });
const windowsKey = objectOf({
  kind: oneOf('windows'),
  container: text,
  provider: text,
  providerType: count,
  machine: oneOf(true, false),
});

const SHAPES: Readonly<Record<AuthorityEvent['event'], Readonly<Record<string, Check>>>> = {
  init: {
    version: oneOf(LOG_VERSION),
    template: oneOf('root', 'issuing'),
    subject: base64,
    name: pattern(/^[a-z0-9][a-z0-9-]{0,63}$/),
    key: (value) => fileKey(value) || windowsKey(value),
    publicKey: base64,
    padding: oneOf('pkcs1', 'pss'),
    url: orNull(pattern(/^http:\/\/[!-~]{1,1024}\/$/)),
    lists: count,
  },
  authority: { certificate: base64, chain: listOf(base64) },
  issuing: {
    serial,
    template: text,
    subject: text,
    names,
    publicKey: hash,
    notBefore: moment,
    notAfter: moment,
    body: hash,
    request: orNull(hash),
    renews: orNull(serial),
  },
  issued: { serial, sha256: hash, certificate: base64 },
  abandoned: { serial },
  refused: { template: text, subject: text, names, request: orNull(hash), reasons: texts },
  revoked: { serial, reason: oneOf(...REASON_NAMES), at: moment },
  released: { serial },
  crl: {
    number: count,
    thisUpdate: moment,
    nextUpdate: moment,
    nextPublish: moment,
    entries: count,
    body: hash,
  },
  imported: {
    serial,
    subject: text,
    names,
    publicKey: orNull(hash),
    notBefore: orNull(moment),
    notAfter: moment,
    certificate: orNull(base64),
  },
};

/** Whether a value is an event of this form of the log. */
export function isLoggedEvent(value: unknown): value is LoggedEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { event, n, time, before } = value as Readonly<Record<string, unknown>>;
  if (typeof event !== 'string' || !Object.hasOwn(SHAPES, event)) return false;
  const shape = SHAPES[event as AuthorityEvent['event']];
  return count(n) && moment(time) && hash(before) && objectOf(shape)(value);
}
