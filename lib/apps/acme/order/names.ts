import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { inspect } from 'node:util';
import { argumentError, invalidType } from '../../../base/errors/argument-error.js';
import { canonicalAddress } from '../../../formats/x509/ip-address.js';
import type { ChallengeSolver } from '../challenge/solver.js';
import type { Directory, Identifier } from '../protocol/resources.js';

/** A label of a host name (RFC 5890 §2.3.1). Authorities certify no '_'. */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/** What domainToASCII() would take for the end of a host, or decode. */
const NOT_IN_NAMES = /[\s/:?#@[\]\\%\p{Cc}]/u;

/** How many names a certificate has at most, by profile (those of Let's Encrypt). */
const MOST_NAMES: Readonly<Record<string, number | undefined>> = { tlsserver: 25, shortlived: 25 };
const MOST_OF_OTHERS = 100;

export interface NameRules {
  readonly names: readonly string[];
  readonly solvers: readonly Pick<ChallengeSolver, 'name' | 'refuses'>[];
  readonly directory: Pick<Directory, 'newOrder' | 'profiles'>;
  readonly profile?: string | undefined;
  readonly preferProfile?: string | undefined;
  readonly privateNames?: boolean | undefined;
}

/** What will be ordered. */
export interface OrderedNames {
  /** In A-labels and lower case, each once. */
  readonly names: readonly Identifier[];
  /** Null for the server's choice. */
  readonly profile: string | null;
}

/**
 * Names as they are ordered, after every check that needs no server.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE that names the one at fault
 */
export function orderedNames(rules: NameRules): OrderedNames {
  const { names, solvers, directory } = rules;
  if (!Array.isArray(names) || names.length === 0)
    throw invalidType('options.names', 'a list of names', names);
  const found = new Map(names.map(identifierOf).map((each) => [each.value, each]));
  const identifiers = [...found.values()];
  const mayBePrivate = rules.privateNames ?? isPrivate(hostOf(directory.newOrder));
  for (const each of identifiers) {
    if (!mayBePrivate && isPrivate(each.value)) throw notPublic(each.value);
    checkSolvers(each, solvers);
  }
  const profile = profileFor(identifiers, rules);
  const most = MOST_NAMES[profile ?? ''] ?? MOST_OF_OTHERS;
  if (identifiers.length > most) {
    throw invalid(
      `at most ${most} names${profile === null ? '' : ` in the profile '${profile}'`}`,
      identifiers.length,
    );
  }
  return { names: identifiers, profile };
}

function identifierOf(name: unknown): Identifier {
  if (typeof name !== 'string') throw invalidType('options.names', 'a list of strings', name);
  const address = name.includes('%') ? null : canonicalAddress(name);
  if (address !== null) return { type: 'ip', value: address };
  const ascii = NOT_IN_NAMES.test(name) ? '' : domainToASCII(name).replace(/\.$/, '').toLowerCase();
  if (!NAME.test(ascii) || ascii.length > 253) throw invalid('host names, wildcards and addresses', name);
  if (isIP(ascii.replace(/^\*\./, '')) !== 0) throw invalid('wildcards of host names only', name);
  return { type: 'dns', value: ascii };
}

function checkSolvers(name: Identifier, solvers: NameRules['solvers']): void {
  const reasons: string[] = [];
  for (const solver of solvers) {
    const reason = solver.refuses(name);
    if (reason === null) return;
    reasons.push(`${solver.name}: ${reason}`);
  }
  const why = reasons.length === 0 ? 'there is nothing that could answer a challenge' : reasons.join('; ');
  throw argumentError('ERR_INVALID_ARG_VALUE', `No challenge can be answered for '${name.value}': ${why}`);
}

/** @throws TypeError ERR_INVALID_ARG_VALUE for a profile that the server does not have */
function profileFor(
  names: readonly Identifier[],
  { profile, preferProfile, directory: { profiles } }: NameRules,
): string | null {
  const has = (name: string): boolean => Object.hasOwn(profiles, name);
  if (profile !== undefined) {
    if (has(profile)) return profile;
    const known = Object.keys(profiles);
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `The server has no profile ${inspect(profile)}. It has ${known.length === 0 ? 'none' : known.join(', ')}`,
    );
  }
  if (preferProfile !== undefined && has(preferProfile)) return preferProfile;
  // Let's Encrypt certifies addresses only in this profile.
  return names.some(({ type }) => type === 'ip') && has('shortlived') ? 'shortlived' : null;
}

/**
 * Domains at the top that no public authority certifies: reserved (RFC 2606, 6761, 6762, 7686, 8375, 9476), set aside
 * for private use by ICANN, or too widespread in private networks to become public.
 */
const PRIVATE_DOMAINS: ReadonlySet<string> = new Set(
  'alt arpa corp example home internal intranet invalid lan local localdomain localhost onion private test'.split(
    ' ',
  ),
);

const PRIVATE_ADDRESSES = new BlockList();
// The registries of special-purpose addresses (RFC 6890).
for (const network of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3',
  '::/127 100::/64 2001:db8::/32 fc00::/7 fe80::/10 ff00::/8',
]
  .join(' ')
  .split(' ')) {
  const [base = '', length = ''] = network.split('/');
  PRIVATE_ADDRESSES.addSubnet(base, Number(length), isIP(base) === 4 ? 'ipv4' : 'ipv6');
}

/** Whether no public authority can certify it. */
function isPrivate(name: string): boolean {
  const version = isIP(name);
  if (version !== 0) return PRIVATE_ADDRESSES.check(name, version === 4 ? 'ipv4' : 'ipv6');
  const labels = name.replace(/^\*\./, '').split('.');
  return labels.length === 1 || PRIVATE_DOMAINS.has(labels.at(-1) ?? '');
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');

const invalid = (what: string, received: unknown): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'names' must contain ${what}. Received ${inspect(received)}`,
  );

const notPublic = (name: string): Error =>
  argumentError(
    'ERR_INVALID_ARG_VALUE',
    `Public authorities do not certify '${name}'. Use your own authority for it: \`schannel ca\``,
  );
