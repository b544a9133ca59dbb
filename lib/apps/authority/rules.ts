import type { KeyObject } from 'node:crypto';
import { printable } from '../../base/text/printable.js';
import { hasNames } from '../../formats/x509/alternative-names.js';
import { readName } from '../../formats/x509/distinguished-name.js';
import { outsideConstraints } from '../../formats/x509/name-constraints.js';
import { EXTENDED_KEY_USAGES, usageName } from '../../formats/x509/usages.js';
import { isEmptyName } from '../../formats/x509/subject.js';
import type { AuthorityCertificate } from './authority-certificate.js';
import { type Draft, nameKind } from './draft.js';
import type { AuthorityState, CertificateRecord } from './state.js';
import type { Curve, NameKind, Template } from './template.js';

/** What a draft is judged by. */
export interface Rules {
  readonly authority: AuthorityCertificate;
  readonly state: AuthorityState;
  /** Serial number of the certificate that it renews, whose key it may have. */
  readonly renews: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Why a certificate must not be issued: one sentence for each rule that it breaks, none if it may be. What browsers,
 * Windows or OpenSSL would refuse is refused here, where it can still be changed.
 */
export const reasonsAgainst = (draft: Draft, rules: Rules): string[] => [
  ...namesOf(draft),
  ...subjectOf(draft),
  ...constraintsOf(draft, rules.authority),
  ...validityOf(draft, rules),
  ...keyOf(draft.publicKey, draft.template),
  ...otherUsesOf(draft, rules),
  ...rightsOf(draft, rules.authority),
];

function namesOf({ names, template }: Draft): string[] {
  const foreign = (Object.keys(names) as NameKind[]).filter(
    (kind) => names[kind].length > 0 && !template.names.includes(kind),
  );
  return [
    ...foreign.map((kind) => `the template ${template.name} allows no ${nameKind(kind)}`),
    ...(template.namesRequired && !hasNames(names)
      ? [`the template ${template.name} needs ${template.names.map(nameKind).join(' or ')}`]
      : []),
    // Browsers refuse these (for them, each name directly below the root is a registry).
    ...names.dns
      .filter((name) => /^\*\.[^.]+$/.test(name))
      .map((name) => `browsers refuse the wildcard ${name}, which covers a whole top-level domain`),
  ];
}

const COMMON_NAME = 'CN';
/** Upper bounds of RFC 5280 appendix A, which OpenSSL enforces when it reads. */
const LONGEST: Readonly<Record<string, number>> = {
  CN: 64,
  O: 64,
  OU: 64,
  L: 128,
  S: 128,
  SERIALNUMBER: 64,
  E: 255,
};

/** No name in use is nearly that long. */
const LONGEST_SUBJECT = 1024;

function subjectOf(draft: Draft): string[] {
  const { encodedSubject, subjectText, commonName, names, template } = draft;
  const isEmpty = isEmptyName(encodedSubject);
  if (subjectText.length > LONGEST_SUBJECT)
    return [`the subject has more than ${LONGEST_SUBJECT} characters`];
  const attributes = readName(encodedSubject).flat();
  const all = Object.values(names).flat() as readonly string[];
  return [
    ...(isEmpty && all.length === 0 && !template.namesRequired
      ? ['neither a subject nor a name says whose certificate it is']
      : []),
    ...(isEmpty && template.pathLength !== null ? ['an authority needs a subject'] : []),
    ...attributes
      .filter(({ type, value }) => value.length > (LONGEST[type] ?? Infinity))
      .map(
        ({ type, value }) =>
          `${type} has ${value.length} characters, and at most ${LONGEST[type] ?? 0} are allowed`,
      ),
    ...attributes
      .filter(({ type, value }) => type === 'C' && !/^[A-Z]{2}$/.test(value))
      .map(() => 'the country is not a code of two letters (C=DE)'),
    ...(template.namesRequired &&
    template.names.includes('dns') &&
    commonName !== null &&
    !all.includes(commonName)
      ? [
          `the common name ${printable(commonName, 64)} is not among the names, which are all that browsers read`,
        ]
      : []),
    ...(attributes.filter(({ type }) => type === COMMON_NAME).length > 1
      ? ['the subject has several common names']
      : []),
  ];
}

/** Constraints on e-mail addresses are for those in the subject too (RFC 5280 §4.2.1.10). */
const constraintsOf = ({ names, encodedSubject }: Draft, { constraints }: AuthorityCertificate): string[] => {
  const mailboxes = readName(encodedSubject)
    .flat()
    .filter(({ type }) => type === 'E')
    .map(({ value }) => value);
  const all = { ...names, email: [...new Set([...names.email, ...mailboxes])] };
  return constraints
    .flatMap((each) => outsideConstraints(all, !isEmptyName(encodedSubject), each))
    .map((reason) => `${reason} by the name constraints of the authority`);
};

function validityOf(draft: Draft, { authority, now }: Rules): string[] {
  const { template, askedDays, notAfter } = draft;
  const { validFrom, validTo } = authority.contents;
  if (now < validFrom.getTime()) return ["the authority's own certificate is not valid yet"];
  if (now > validTo.getTime()) return ["the authority's own certificate has expired"];
  if (askedDays !== null && askedDays > template.mostDays) {
    return [
      `${askedDays} days are more than the ${template.mostDays} that the template ${template.name} allows`,
    ];
  }
  return notAfter > validTo
    ? [`the authority itself is valid only until ${validTo.toISOString().slice(0, 10)}`]
    : [];
}

const CURVE_NAMES: Readonly<Record<string, Curve>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};
const MOST_RSA_BITS = 16_384;

/** Which keys a template accepts. Requests with a broken key are refused when they are read. */
export function keyOf(
  { asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject,
  template: Template,
): string[] {
  const { leastRsaBits, curves } = template;
  if (asymmetricKeyType === 'rsa') {
    const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails;
    if (leastRsaBits === null) return [`the template ${template.name} allows no RSA keys`];
    if (modulusLength < leastRsaBits)
      return [`the RSA key has ${modulusLength} bits, and ${leastRsaBits} are the least`];
    if (modulusLength > MOST_RSA_BITS)
      return [`the RSA key has ${modulusLength} bits, which most programs refuse`];
    return publicExponent < 3n || publicExponent % 2n === 0n
      ? ['the exponent of the RSA key is 1 or even']
      : [];
  }
  const curve = asymmetricKeyType === 'ec' ? CURVE_NAMES[asymmetricKeyDetails.namedCurve ?? ''] : undefined;
  if (curve === undefined) return ["the key is of a kind that Windows' TLS does not use"];
  if (curves.includes(curve)) return [];
  return [
    curve === 'P-521' && template.pathLength === null
      ? "the key is on the curve P-521, which Windows' TLS does not use"
      : `the template ${template.name} allows no keys on ${curve}`,
  ];
}

function otherUsesOf(draft: Draft, { authority, state, renews }: Rules): string[] {
  if (draft.publicKey.equals(authority.publicKey)) return ["the key is the authority's own"];
  const others = state.withKey(draft.publicKeyHash);
  if (others.some(({ revoked }) => revoked?.reason === 'keyCompromise')) {
    return ['the key was revoked because somebody else has it'];
  }
  const stranger = others.find((other) => other.serialNumber !== renews && !isSameHolder(other, draft));
  return stranger === undefined
    ? []
    : [
        `the key already has a certificate for ${printable(stranger.subject || namesText(stranger), 128)} (${stranger.serialNumber})`,
      ];
}

const isSameHolder = (record: CertificateRecord, { subjectText, names }: Draft): boolean =>
  record.subject === subjectText && JSON.stringify(record.names) === JSON.stringify(names);

const namesText = ({ names }: CertificateRecord): string => Object.values(names).flat().join(', ');

function rightsOf({ template, commonName, subjectText }: Draft, authority: AuthorityCertificate): string[] {
  const { pathLength, contents } = authority;
  const allowed = contents.encodedKeyUsage;
  // Windows takes the purposes of an authority as a limit for all below it. OpenSSL does for TLS.
  const beyond =
    allowed === null ||
    allowed.includes(EXTENDED_KEY_USAGES.anyExtendedKeyUsage) ||
    template.noRevocationCheck
      ? []
      : template.extendedKeyUsage.filter((purpose) => !allowed.includes(purpose));
  return [
    ...beyond.map((purpose) => `the authority may not issue for ${usageName(purpose)}`),
    ...(template.pathLength === null ? [] : authorityBelow(template.pathLength, pathLength)),
    ...(template.pathLength !== null &&
    (subjectText === contents.subject || commonName === contents.commonName)
      ? ["it has the authority's own name; Schannel would leave it out of the chain"]
      : []),
  ];
}

function authorityBelow(wanted: number, pathLength: number | null): string[] {
  if (pathLength === null || wanted < pathLength) return [];
  return pathLength === 0
    ? ['the authority may not have authorities below it']
    : [`the authority may have ${pathLength - 1} authorities below another one, not ${wanted}`];
}
