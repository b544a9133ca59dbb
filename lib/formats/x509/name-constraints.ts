import { type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import type { AlternativeNames } from './alternative-names.js';
import { addressOctets, formatAddress } from './ip-address.js';

/** Names of one list of constraints. */
interface Trees {
  readonly dns: readonly string[];
  /** Address and mask. */
  readonly ip: readonly Uint8Array[];
  readonly email: readonly string[];
  /** Constraints of kinds that are not compared here, by their tags. */
  readonly others: ReadonlySet<number>;
}

/** What an authority may issue for (RFC 5280 §4.2.1.10). */
export interface NameConstraints {
  readonly permitted: Trees;
  readonly excluded: Trees;
}

/** The identifier of the extension. */
export const NAME_CONSTRAINTS = '2.5.29.30';

const TAG = {
  permitted: 0xa0,
  excluded: 0xa1,
  other: 0xa0,
  email: 0x81,
  dns: 0x82,
  directory: 0xa4,
  uri: 0x86,
  ip: 0x87,
} as const;

/** Reads the value of the extension. @throws MalformedDer */
export function readNameConstraints(value: Uint8Array): NameConstraints {
  const lists = spansIn(spanAt(value, 0).content);
  const trees = (tag: number): Trees => treesIn(lists.find((list) => list.tag === tag));
  return { permitted: trees(TAG.permitted), excluded: trees(TAG.excluded) };
}

const KNOWN: ReadonlySet<number> = new Set([TAG.dns, TAG.ip, TAG.email]);

function treesIn(list: Span | undefined): Trees {
  const bases = list === undefined ? [] : spansIn(list.content).map(({ content }) => spanAt(content, 0));
  const of = (tag: number): Uint8Array[] =>
    bases.filter((base) => base.tag === tag).map(({ content }) => content);
  const texts = (tag: number): string[] =>
    of(tag).map((content) => Buffer.from(content).toString('latin1').toLowerCase());
  return {
    dns: texts(TAG.dns),
    ip: of(TAG.ip),
    email: texts(TAG.email),
    others: new Set(bases.map(({ tag }) => tag).filter((tag) => !KNOWN.has(tag))),
  };
}

/**
 * Why names are outside of the constraints, one sentence each; empty if they are all inside.
 *
 * @param hasSubject whether the certificate has a subject, which constraints on directory names limit
 */
export function outsideConstraints(
  names: AlternativeNames,
  hasSubject: boolean,
  { permitted, excluded }: NameConstraints,
): string[] {
  const judge = <Base>(
    all: readonly string[],
    bases: (trees: Trees) => readonly Base[],
    within: (name: string, base: Base) => boolean,
    touches = within,
  ): string[] =>
    all.flatMap((name) => {
      if (bases(excluded).some((base) => touches(name, base))) return [`${name} is excluded`];
      const allowed = bases(permitted);
      return allowed.length === 0 || allowed.some((base) => within(name, base))
        ? []
        : [`${name} is not permitted`];
    });
  const unknown = (tag: number, isUsed: boolean, what: string): string[] =>
    isUsed && (permitted.others.has(tag) || excluded.others.has(tag))
      ? [`${what} are limited in a way that cannot be checked here`]
      : [];
  return [
    ...judge(names.dns, ({ dns }) => dns, isBelow, overlaps),
    ...judge(names.ip, ({ ip }) => ip, isInNetwork),
    ...judge(names.email, ({ email }) => email, isMailboxOf),
    ...unknown(TAG.uri, names.uri.length > 0, 'addresses of the kind URI'),
    ...unknown(TAG.other, names.upn.length > 0, 'account names'),
    ...unknown(TAG.directory, hasSubject, 'subjects'),
  ];
}

/**
 * 'bar.example' is itself and all names below it, '.bar.example' only those below it, as OpenSSL has it. A wildcard is
 * below what follows it.
 */
function isBelow(name: string, base: string): boolean {
  const lower = name.toLowerCase();
  if (base === '' || base === '.') return true;
  return base.startsWith('.') ? lower.endsWith(base) : lower === base || lower.endsWith(`.${base}`);
}

/** Whether a name may stand for a host in the tree, by any reading of the constraint. */
function overlaps(name: string, base: string): boolean {
  const tree = base.replace(/^\./, '');
  const isCovered = name.startsWith('*.') && tree.replace(/^[^.]+/, '*') === name.toLowerCase();
  return isCovered || isBelow(name, tree);
}

function isInNetwork(text: string, network: Uint8Array): boolean {
  const address = addressOctets(text);
  if (address?.length !== network.length / 2) return false;
  return address.every((octet, index) => {
    const mask = network[address.length + index] ?? 0;
    return (octet & mask) === ((network[index] ?? 0) & mask);
  });
}

/** A constraint is a mailbox, a host, or with a dot in front all hosts below it. */
function isMailboxOf(mailbox: string, base: string): boolean {
  const name = mailbox.toLowerCase();
  const host = name.slice(name.lastIndexOf('@') + 1);
  if (base.includes('@')) return name === base;
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

/** The constraints on one line each, for people. */
export const describeConstraints = ({ permitted, excluded }: NameConstraints): string[] => [
  ...describeTrees(permitted).map((tree) => `permitted ${tree}`),
  ...describeTrees(excluded).map((tree) => `excluded ${tree}`),
];

const describeTrees = ({ dns, ip, email, others }: Trees): string[] => [
  ...dns.map((name) => name || 'every host name'),
  ...ip.map(networkText),
  ...email,
  ...(others.size === 0 ? [] : ['names of other kinds']),
];

function networkText(network: Uint8Array): string {
  const half = network.length / 2;
  const bits = [...network.subarray(half)].reduce(
    (sum, octet) => sum + octet.toString(2).replaceAll('0', '').length,
    0,
  );
  return `${formatAddress(network.subarray(0, half))}/${bits}`;
}
