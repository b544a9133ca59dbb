import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { toError } from '../../../base/errors/to-error.js';
import { printable, printableList } from '../../../base/text/printable.js';
import { canonicalAddress } from '../../../formats/x509/ip-address.js';
import { caaObstacle } from '../dns/caa.js';
import { dnsLookup, type DnsLookup, type LookupOptions } from '../dns/lookup.js';
import type { Directory, Identifier } from '../protocol/resources.js';
import { portOwner, type PortOwner } from '../../../windows/port/port-owner.js';
import type { ChallengeSolver } from './solver.js';

/** Something that may be in the way of a certificate. */
export interface ChallengeFinding {
  /** 'unknown': it could not be found out. */
  readonly about: 'caa' | 'address' | 'port' | 'unknown';
  /** The name; null if it is about the machine. */
  readonly name: string | null;
  /** A sentence. */
  readonly text: string;
  /** What to do; '' if the text says it. */
  readonly advice: string;
}

export interface ChallengeCheck {
  readonly names: readonly string[];
  readonly solvers: readonly (Pick<ChallengeSolver, 'types' | 'refuses'> & Partial<ListeningSolver>)[];
  /** What the ACME server calls itself in CAA records: `client.directory`. Default: CAA records are not checked. */
  readonly directory?: Pick<Directory, 'caaIdentities'> | undefined;
  /** URL of the account, if there is one. */
  readonly account?: string | undefined;
  /** Addresses of the DNS servers that are asked. Default: those of the system. */
  readonly servers?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Something that answers on a port of this machine. */
export interface ListeningSolver {
  /** The port that nobody else may have; null if another program is meant to have it. */
  readonly needsPort: number | null;
}

/** What tests replace. */
export interface ChallengeCheckDependencies {
  readonly lookupFor?: (options: LookupOptions) => DnsLookup;
  readonly ownerOf?: (port: number) => Promise<PortOwner>;
  readonly ownAddresses?: () => readonly string[];
}

/**
 * Looks for what usually is in the way of a certificate: CAA records that name another authority, IPv6 addresses of
 * other machines, and a port 80 that another program has. It changes nothing and asks no ACME server. Nothing that it
 * finds is certain, since the Internet may see other records than this machine.
 */
export async function checkChallenges(
  check: ChallengeCheck,
  {
    lookupFor = dnsLookup,
    ownerOf = portOwner,
    ownAddresses = addressesOfThisMachine,
  }: ChallengeCheckDependencies = {},
): Promise<readonly ChallengeFinding[]> {
  const { solvers, servers, signal } = check;
  const lookup = lookupFor({ servers, signal });
  const names = check.names.map((value): Identifier => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
  const addresses = ownAddresses();
  const findings: ChallengeFinding[] = [];
  for (const name of names) {
    const methods = methodsFor(name, solvers);
    if (name.type === 'ip') continue;
    findings.push(...(await known(name.value, signal, () => caaFindings(name, methods, check, lookup))));
    if (methods.some((method) => BY_ADDRESS.includes(method)))
      findings.push(
        ...(await known(name.value, signal, () => addressFindings(name.value, addresses, lookup))),
      );
  }
  const listening = solvers.filter((each) => names.some((name) => each.refuses(name) === null));
  const ports = listening.flatMap(({ needsPort }) => needsPort ?? []);
  for (const port of new Set(ports)) {
    const obstacle = await portObstacle(port, ownerOf);
    if (obstacle !== null) findings.push(obstacle);
  }
  return findings;
}

/** For these, the ACME server connects to the name. */
const BY_ADDRESS: readonly string[] = ['http-01', 'tls-alpn-01'];

const methodsFor = (name: Identifier, solvers: ChallengeCheck['solvers']): readonly string[] => [
  ...new Set(solvers.filter((each) => each.refuses(name) === null).flatMap(({ types }) => types)),
];

async function known(
  name: string,
  signal: AbortSignal | undefined,
  find: () => Promise<readonly ChallengeFinding[]>,
): Promise<readonly ChallengeFinding[]> {
  try {
    return await find();
  } catch (error) {
    signal?.throwIfAborted();
    const text = `The records of ${name} could not be looked up: ${printable(toError(error).message)}.`;
    return [{ about: 'unknown', name, text, advice: '' }];
  }
}

async function caaFindings(
  { value }: Identifier,
  methods: readonly string[],
  { directory, account }: ChallengeCheck,
  lookup: DnsLookup,
): Promise<readonly ChallengeFinding[]> {
  const wildcard = value.startsWith('*.');
  const obstacle = await caaObstacle(
    {
      name: value.replace(/^\*\./, ''),
      wildcard,
      identities: directory?.caaIdentities ?? [],
      account: account ?? null,
      methods,
    },
    lookup,
  );
  if (obstacle === null) return [];
  return [{ about: 'caa', name: value, text: obstacle, advice: 'Add a record that permits it.' }];
}

async function addressFindings(
  name: string,
  own: readonly string[],
  lookup: DnsLookup,
): Promise<readonly ChallengeFinding[]> {
  const [ipv4, ipv6] = [await lookup.ipv4(name), await lookup.ipv6(name)];
  if (ipv4.length + ipv6.length === 0) {
    const text = `${name} has no address.`;
    return [{ about: 'address', name, text, advice: 'Add an A record, or use a DNS record as the proof.' }];
  }
  // An IPv4 address of a router is usual. IPv6 has no such translation.
  const foreign = ipv6.filter((address) => !own.includes(canonicalAddress(address) ?? address));
  if (foreign.length === 0) return [];
  return [
    {
      about: 'address',
      name,
      text: `${name} has the IPv6 address ${printableList(foreign)}, which this machine does not have.`,
      advice: 'Authorities try IPv6 first. Remove the AAAA record, or have that machine answer.',
    },
  ];
}

const ELSEWHERE = 'Prove names by files in the folder of that server (webroot), or by a DNS record.';

/** Why a port of this machine can't be had for HTTP-01; null if it can, or if this process has it. */
export async function portObstacle(
  port: number,
  ownerOf: (port: number) => Promise<PortOwner> = portOwner,
): Promise<ChallengeFinding | null> {
  const owner = await ownerOf(port);
  const finding = (text: string, advice: string): ChallengeFinding => ({
    about: 'port',
    name: null,
    text: `Port ${port} ${text}`,
    advice,
  });
  switch (owner.state) {
    case 'free':
    case 'own':
      return null;
    case 'denied':
      return finding('is closed to this account.', 'Run this as an account that may have it.');
    case 'http.sys':
      return finding(
        "belongs to Windows' own HTTP service: IIS, WinRM, Reporting Services or another of its users.",
        `${ELSEWHERE} "netsh http show servicestate" lists its users.`,
      );
    case 'taken': {
      const by = owner.name ?? 'another program';
      return finding(`belongs to ${by}${owner.pid === null ? '' : ` (process ${owner.pid})`}.`, ELSEWHERE);
    }
  }
}

const addressesOfThisMachine = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .map(({ address }) => canonicalAddress(address) ?? address);
