import type { KeyObject } from 'node:crypto';
import { integerWithin, invalidType } from '../../base/errors/argument-error.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { type AlternativeNames, alternativeNames } from '../../formats/x509/alternative-names.js';
import { commonNameOf, formatName, readName } from '../../formats/x509/distinguished-name.js';
import {
  canonicalName,
  commonName,
  EMPTY_NAME,
  type EncodedName,
  parseSubject,
} from '../../formats/x509/subject.js';
import { type KeyUsage, usageName } from '../../formats/x509/usages.js';
import { hashOf } from './state.js';
import type { NameKind, Template } from './template.js';

/** A key that needs a certificate, with the names for it. */
export interface CertificateWish {
  readonly publicKey: KeyObject;
  /** Default none. */
  readonly names?: Partial<AlternativeNames> | undefined;
  /** 'CN=bar.example, O=Bar'. Default none. */
  readonly subject?: string | undefined;
}

/** What the authority decides instead of the request. */
export interface DraftOptions {
  /** Days of validity. Default: those of the template, and no longer than the authority itself is valid. */
  readonly days?: number | undefined;
  /** Default: the names in the request that the template allows. */
  readonly names?: Partial<AlternativeNames> | undefined;
  /** Default: what the template says. */
  readonly subject?: string | undefined;
}

/** One thing that was decided. */
export interface Decision {
  /** 'subject', 'host names', 'key usage', … */
  readonly what: string;
  /** What was asked for; null if nothing was. */
  readonly asked: string | null;
  /** What the certificate gets; null for nothing. */
  readonly given: string | null;
  readonly why: string;
}

/** A certificate before it is judged and signed. */
export interface Draft {
  readonly template: Template;
  readonly encodedSubject: EncodedName;
  readonly subjectText: string;
  readonly commonName: string | null;
  readonly names: AlternativeNames;
  readonly publicKey: KeyObject;
  /** SHA-256 of SubjectPublicKeyInfo, hexadecimal. */
  readonly publicKeyHash: string;
  readonly keyUsage: readonly KeyUsage[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Days that were asked for; null if the template decided. */
  readonly askedDays: number | null;
  /** SHA-256 of the request, hexadecimal; null if there was none. */
  readonly requestHash: string | null;
  readonly decisions: readonly Decision[];
}

const DAY_MS = 86_400_000;
/** Clocks of peers may be slow. */
const BACKDATED_MS = 300_000;

/** When what is signed now begins to be valid: certificates, revocation lists and OCSP answers. */
export const beginsAt = (now: number): Date => new Date(now - BACKDATED_MS);

/** When it ends. The last second belongs to its days (RFC 5280 §4.1.2.5): Apple's systems count them. */
export const daysAfter = (now: number, days: number): Date =>
  new Date(beginsAt(now).getTime() + days * DAY_MS - 1000);

/**
 * Decides what a certificate contains. Only the names and the key come from the request, and the template says which
 * names. Nothing else is copied from it.
 *
 * @param now milliseconds since 1970
 * @param lastMoment when the authority's own certificate ends
 * @throws TypeError ERR_INVALID_ARG_VALUE for a name that is none, RangeError ERR_OUT_OF_RANGE for days
 */
export function draftOf(
  asked: CertificateRequest | CertificateWish,
  template: Template,
  options: DraftOptions,
  { now, lastMoment }: { readonly now: number; readonly lastMoment: Date },
): Draft {
  const request = 'encodedSubject' in asked ? asked : null;
  const askedNames = namesAsked(asked);
  const names = namesGiven(askedNames, template, options);
  const subject = subjectGiven(asked, template, options, names);
  const { publicKey } = asked;
  const keyUsage = keyUsageFor(template, publicKey);
  const validity = validityOf(template, options, now, lastMoment);
  const encodedSubject = subject.name;
  const subjectParts = readName(encodedSubject);
  const subjectText = formatName(subjectParts);
  return {
    template,
    encodedSubject,
    subjectText,
    commonName: commonNameOf(subjectParts),
    names,
    publicKey,
    publicKeyHash: hashOf(publicKey.export({ type: 'spki', format: 'der' })),
    keyUsage,
    ...validity.period,
    askedDays: options.days ?? null,
    requestHash: request === null ? null : hashOf(request.der),
    decisions: [
      { what: 'subject', asked: subject.asked || null, given: subjectText || null, why: subject.why },
      ...nameDecisions(askedNames, names, template, options),
      ...(request === null ? [] : extensionDecisions(request, template, keyUsage)),
      validity.decision,
    ],
  };
}

const namesAsked = (asked: CertificateRequest | CertificateWish): AlternativeNames =>
  'encodedSubject' in asked ? asked.names : alternativeNames(objectOf(asked.names ?? {}));

/** @throws TypeError ERR_INVALID_ARG_TYPE */
function objectOf(names: Partial<AlternativeNames>): Partial<AlternativeNames> {
  if (typeof (names as unknown) === 'object' && (names as unknown) !== null) return names;
  throw invalidType('names', 'of type object', names);
}

function namesGiven(asked: AlternativeNames, template: Template, options: DraftOptions): AlternativeNames {
  if (options.names !== undefined) return alternativeNames(objectOf(options.names));
  const allowed = (kind: NameKind): readonly string[] => (template.names.includes(kind) ? asked[kind] : []);
  return alternativeNames({
    dns: allowed('dns'),
    ip: allowed('ip'),
    email: allowed('email'),
    upn: allowed('upn'),
    uri: allowed('uri'),
  });
}

/** ub-common-name (RFC 5280 appendix A). */
const LONGEST_COMMON_NAME = 64;

function subjectGiven(
  asked: CertificateRequest | CertificateWish,
  template: Template,
  options: DraftOptions,
  names: AlternativeNames,
): { readonly name: EncodedName; readonly asked: string; readonly why: string } {
  const request = 'encodedSubject' in asked;
  const text = asked.subject ?? '';
  if (options.subject !== undefined) {
    return { name: parseSubject(options.subject), asked: text, why: 'set by the authority' };
  }
  if (template.subject === 'request') {
    const name = request ? canonicalName(asked.encodedSubject) : parseSubject(text);
    return { name, asked: text, why: `${template.name} takes it from the request` };
  }
  const [first] = [...names.dns, ...names.ip, ...names.email, ...names.upn, ...names.uri];
  const fits = first !== undefined && first.length <= LONGEST_COMMON_NAME;
  return {
    name: fits ? commonName(first) : EMPTY_NAME,
    asked: text,
    why:
      fits || first === undefined
        ? `${template.name} has the first name as subject`
        : 'the first name is too long for a subject',
  };
}

const KINDS: Readonly<Record<NameKind, string>> = {
  dns: 'host names',
  ip: 'IP addresses',
  email: 'e-mail addresses',
  upn: 'account names',
  uri: 'URIs',
};

/** What a kind of names is called. */
export const nameKind = (kind: NameKind): string => KINDS[kind];

function nameDecisions(
  asked: AlternativeNames,
  given: AlternativeNames,
  template: Template,
  options: DraftOptions,
): Decision[] {
  return (Object.keys(KINDS) as NameKind[])
    .filter((kind) => asked[kind].length + given[kind].length > 0)
    .map((kind) => ({
      what: KINDS[kind],
      asked: asked[kind].join(', ') || null,
      given: given[kind].join(', ') || null,
      why:
        options.names !== undefined
          ? 'set by the authority'
          : template.names.includes(kind)
            ? `${template.name} allows them`
            : `${template.name} has none`,
    }));
}

function extensionDecisions(
  request: CertificateRequest,
  template: Template,
  keyUsage: readonly KeyUsage[],
): Decision[] {
  const { name } = template;
  const none = (what: string, asked: string): Decision => ({
    what,
    asked,
    given: null,
    why: `${name} has none`,
  });
  return [
    {
      what: 'key usage',
      asked: request.keyUsage?.join(', ') ?? null,
      given: keyUsage.join(', '),
      why: `${name} decides`,
    },
    {
      what: 'purposes',
      asked: request.extendedKeyUsage?.map(usageName).join(', ') ?? null,
      given: template.extendedKeyUsage.map(usageName).join(', ') || null,
      why: `${name} decides`,
    },
    ...(request.isAuthority && template.pathLength === null
      ? [{ what: 'basic constraints', asked: 'an authority', given: 'no authority', why: `${name} decides` }]
      : []),
    ...(request.otherNames.length > 0 ? [none('other names', request.otherNames.join(', '))] : []),
    ...(request.template === null ? [] : [none('template of Windows', request.template)]),
    ...(request.unknownExtensions.length === 0
      ? []
      : [none('other extensions', request.unknownExtensions.map(({ oid }) => oid).join(', '))]),
    ...(request.challengePassword === null ? [] : [none('password', 'present')]),
  ];
}

const keyUsageFor = (template: Template, { asymmetricKeyType }: KeyObject): readonly KeyUsage[] =>
  asymmetricKeyType === 'rsa'
    ? [...new Set([...template.keyUsage, ...template.rsaKeyUsage])]
    : template.keyUsage;

function validityOf(
  template: Template,
  { days }: DraftOptions,
  now: number,
  lastMoment: Date,
): { readonly period: { readonly notBefore: Date; readonly notAfter: Date }; readonly decision: Decision } {
  if (days !== undefined) integerWithin('days', days, 1, 36_500);
  const wanted = daysAfter(now, days ?? template.days);
  // Without a wish, the authority's own end is the limit. A wish beyond it is refused elsewhere.
  const isCut = days === undefined && wanted > lastMoment;
  const notAfter = wholeSeconds(isCut ? lastMoment : wanted);
  return {
    period: { notBefore: wholeSeconds(beginsAt(now)), notAfter },
    decision: {
      what: 'valid until',
      asked: days === undefined ? null : `${days} days`,
      given: notAfter.toISOString(),
      why: isCut
        ? 'the authority itself is not valid for longer'
        : days === undefined
          ? `${template.name} has ${template.days} days`
          : 'set by the authority',
    },
  };
}

/** X.509 has no fractions. */
const wholeSeconds = (moment: Date): Date => new Date(Math.floor(moment.getTime() / 1000) * 1000);
