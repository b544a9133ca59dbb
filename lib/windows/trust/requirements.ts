import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { dotted, spanAt, spansIn } from '../../formats/asn1/der-spans.js';
import { EXTENSION, readUsages } from '../../formats/x509/extensions.js';
import { extensionValues, outlineOf } from '../../formats/x509/outline.js';
import { usageName, usageOid } from '../../formats/x509/usages.js';
import { VERIFY_TEXTS } from './verify-texts.js';

/** What a program requires of a peer's certificate beyond what TLS does. */
export interface Requirements {
  /** Extended key usages, identifiers: all of them. */
  readonly usages: readonly string[];
  /** Certificate policies, identifiers: one of them; none: any. */
  readonly policies: readonly string[];
}

const CERTIFICATE_POLICIES = '2.5.29.32';
const ANY_POLICY = '2.5.29.32.0';
const INHIBIT_ANY_POLICY = '2.5.29.54';
const ANY_USAGE = '2.5.29.37.0';

/**
 * The options `requiredUsages` and `requiredPolicies`. An empty list is an error: it may be meant as none or as all.
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
 */
export function parseRequirements(usages: unknown, policies: unknown): Requirements {
  return {
    usages: identifiersOf('options.requiredUsages', usages, usageOid),
    policies: identifiersOf('options.requiredPolicies', policies, (text) =>
      /^[0-2](\.(0|[1-9]\d*))+$/.test(text) ? text : null,
    ),
  };
}

function identifiersOf(name: string, value: unknown, oidOf: (text: string) => string | null): string[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw argumentError('ERR_INVALID_ARG_VALUE', `The property '${name}' is empty`);
  return list.map((text) => {
    if (typeof text !== 'string') throw invalidType(name, 'of type string or an array of strings', text);
    const oid = oidOf(text);
    // What stands for everything requires nothing.
    if (oid !== null && oid !== ANY_POLICY && oid !== ANY_USAGE) return oid;
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The property '${name}' must have identifiers such as '1.3.6.1.5.5.7.3.1'. Received '${printable(text, 80)}'`,
    );
  });
}

/**
 * Checks a chain that was verified. Stricter than RFC 5280 §6 in one way: policies that an authority maps to others
 * don't count.
 *
 * @param chain DER, leaf first; the last one is the anchor
 * @returns what is missing; null if nothing is
 */
export function checkRequirements(
  { usages, policies }: Requirements,
  chain: readonly Uint8Array[],
): SchannelError | null {
  if (usages.length === 0 && policies.length === 0) return null;
  const elements = chain.map(read);
  const missing = usages.find((usage) => !isUsage(usage, elements));
  if (missing !== undefined) return usageMissing(missing);
  if (policies.length === 0 || policies.some((policy) => isPolicy(policy, elements))) return null;
  return policyMissing(policies);
}

interface Element {
  /** null: the certificate has none. */
  readonly usages: readonly string[] | null;
  readonly policies: readonly string[];
  readonly inhibitsAnyPolicy: boolean;
}

/** One that allows nothing, for a certificate or an extension that cannot be read. */
const NOTHING: Element = { usages: [], policies: [], inhibitsAnyPolicy: true };

function read(der: Uint8Array): Element {
  try {
    const extensions = extensionValues(outlineOf(der));
    const usages = extensions.get(EXTENSION.extendedKeyUsage);
    const policies = extensions.get(CERTIFICATE_POLICIES);
    return {
      usages: usages === undefined ? null : readUsages(usages),
      policies: policies === undefined ? [] : readPolicies(policies),
      inhibitsAnyPolicy: extensions.has(INHIBIT_ANY_POLICY),
    };
  } catch {
    return NOTHING;
  }
}

/** CertificatePolicies (RFC 5280 §4.2.1.4) without qualifiers. */
const readPolicies = (value: Uint8Array): string[] =>
  spansIn(spanAt(value, 0).content).flatMap(({ content }) =>
    spansIn(content)
      .slice(0, 1)
      .map((identifier) => dotted(identifier.content)),
  );

/** The leaf names it, and no authority below the anchor is for other purposes only, as Windows nests them. */
function isUsage(usage: string, [leaf, ...issuers]: readonly Element[]): boolean {
  return (
    leaf?.usages?.includes(usage) === true &&
    issuers
      .slice(0, -1)
      .every(({ usages }) => usages?.some((one) => one === usage || one === ANY_USAGE) ?? true)
  );
}

/** The leaf names it, and every authority below the anchor names it or all. */
function isPolicy(policy: string, [leaf, ...issuers]: readonly Element[]): boolean {
  const allows = issuers.every(({ inhibitsAnyPolicy }) => !inhibitsAnyPolicy)
    ? [policy, ANY_POLICY]
    : [policy];
  return (
    leaf?.policies.includes(policy) === true &&
    issuers.slice(0, -1).every(({ policies }) => policies.some((one) => allows.includes(one)))
  );
}

const usageMissing = (usage: string): SchannelError =>
  new SchannelError(
    'INVALID_PURPOSE',
    `${VERIFY_TEXTS.INVALID_PURPOSE.message}: ${usageName(usage)} is required`,
    {
      phase: 'verify',
      advice: 'Have the certificate reissued with this extended key usage, or change requiredUsages.',
    },
  );

const policyMissing = (policies: readonly string[]): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_PEER_CERTIFICATE_POLICY',
    `the certificate of the peer is issued under none of the policies ${policies.join(', ')}`,
    {
      phase: 'verify',
      advice: 'Use a certificate of an authority that issues under one of them, or change requiredPolicies.',
    },
  );
