import { mapBounded } from '../../base/async/map-bounded.js';
import { ALL_GROUPS, groupName } from '../../formats/tls-wire/groups.js';
import { CIPHER_SUITES, type CipherSuite, type SuiteFlag, suiteName } from '../../formats/tls-wire/suites.js';
import { TLS_VERSIONS, type TlsVersionName } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { type Choice, eliminate, type Elimination, refusalOf } from './eliminate.js';
import type { KeyShare } from './hellos.js';
import { ownShare, SHARED_GROUPS } from './key-shares.js';
import type { SuiteReport, VersionReport } from './report.js';

/** Some servers and devices fall over longer lists. */
const SUITES_AT_ONCE = 96;

/** What servers are likely to have comes first, so that the first list has all of it and its order is the server's. */
const LIKELY = /_(RSA|ECDSA|DSS)_WITH_(AES|CHACHA20|CAMELLIA|ARIA|3DES|RC4|SEED)/;

const RANKED: readonly CipherSuite[] = [...CIPHER_SUITES.values()].sort(
  (one, other) => rank(one) - rank(other),
);

function rank({ name, keyExchange, flags, authentication }: CipherSuite): number {
  const isLikely =
    (LIKELY.test(name) || name.startsWith('TLS_RSA_WITH')) && /^(ECDHE|DHE|RSA)$/.test(keyExchange);
  const place = flags.includes('windows') ? 0 : flags.includes('recommended') ? 1 : 2;
  return place + (authentication === 'DSS' ? 3 : 0) + (isLikely ? 0 : 10);
}

/** Suites that exist in a version, those that are likely first. */
export const suitesFor = (version: TlsVersionName): readonly number[] =>
  RANKED.filter(({ era }) => (era === 'TLSv1.3') === (version === 'TLSv1.3')).map(({ id }) => id);

const partsOf = (suites: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(suites.length / SUITES_AT_ONCE) }, (_, part) =>
    suites.slice(part * SUITES_AT_ONCE, (part + 1) * SUITES_AT_ONCE),
  );

/** The list that is offered first. */
export const firstSuites = (version: TlsVersionName): readonly number[] =>
  partsOf(suitesFor(version))[0] ?? [];

/** A suite that was chosen, with the group that the same message had. */
interface ChosenSuite {
  readonly suite: number;
  readonly group: number | null;
}

/** What is offered with the suites: in TLS 1.3 the shares, which some servers insist on. */
type Shares = (groups: readonly number[]) => readonly KeyShare[];

const NO_SHARES: Shares = () => [];
/** Of a reserved group (RFC 8701), so that there is one even if the server's group is none of ours. */
const GREASE_SHARE: KeyShare = { group: 0x6a6a, share: Uint8Array.of(0) };

/** What a version has, and the shares that its server wants. */
export interface VersionSurvey {
  readonly report: VersionReport;
  readonly shares: Shares;
}

/** Everything about one version of TLS or SSL 3. */
export async function surveyVersion(
  asker: Asker,
  name: Exclude<TlsVersionName, 'SSLv2'>,
): Promise<VersionSurvey> {
  const is13 = name === 'TLSv1.3';
  const withoutShares = await suitesOf(asker, name, NO_SHARES);
  const dislikesEmpty = is13 && withoutShares.found.length === 0 && mayWantShares(withoutShares);
  const shares = dislikesEmpty ? ownShares() : NO_SHARES;
  const { found, refusal } = dislikesEmpty ? await suitesOf(asker, name, shares) : withoutShares;
  const order = await orderOf(asker, name, found, shares);
  return {
    shares,
    report: {
      offered: found.length > 0 ? true : refusal?.kind === 'unsure' ? null : false,
      suites: found.map(suiteReport),
      order,
      refusal,
    },
  };
}

/** A server without TLS 1.3 says so by the alert for versions, or by another version. */
const mayWantShares = ({ refusal }: Elimination<ChosenSuite>): boolean =>
  refusal !== null &&
  (refusal.kind === 'cut' || (refusal.kind === 'alert' && refusal.text !== 'alert protocol_version'));

function ownShares(): Shares {
  const own = SHARED_GROUPS.flatMap((group) => ownShare(group) ?? []);
  return (groups) => [GREASE_SHARE, ...own.filter(({ group }) => groups.includes(group))];
}

async function suitesOf(
  asker: Asker,
  name: Exclude<TlsVersionName, 'SSLv2'>,
  shares: Shares,
): Promise<Elimination<ChosenSuite>> {
  const parts = partsOf(suitesFor(name));
  const results = await mapBounded(parts, parts.length, (part) =>
    eliminate(part, (suites) => chooseSuite(asker, name, suites, shares)),
  );
  const [first] = results;
  const unsure = results.find(({ refusal }) => refusal?.kind === 'unsure');
  return {
    found: await merged(
      asker,
      name,
      results.map(({ found }) => found),
      shares,
    ),
    refusal: (unsure ?? first)?.refusal ?? null,
  };
}

async function chooseSuite(
  asker: Asker,
  name: Exclude<TlsVersionName, 'SSLv2'>,
  suites: readonly number[],
  shares: Shares,
): Promise<Choice<ChosenSuite>> {
  const version = TLS_VERSIONS[name];
  const outcome = await asker.ask({ version, suites, shares: shares(ALL_GROUPS) });
  if (outcome.end !== 'answer' || outcome.hello.version !== version) return { refusal: refusalOf(outcome) };
  const { suite, group } = outcome.hello;
  return { chosen: { suite, group }, number: suite };
}

/**
 * The lists of the parts as one. If the server prefers the last one of a list to the first one of the next, which one
 * connection shows, they only have to be joined. Otherwise each next one is found by a connection.
 */
async function merged(
  asker: Asker,
  name: Exclude<TlsVersionName, 'SSLv2'>,
  lists: readonly (readonly ChosenSuite[])[],
  shares: Shares,
): Promise<readonly ChosenSuite[]> {
  let all: readonly ChosenSuite[] = [];
  for (const list of lists)
    all = await mergeTwo(all, list, (suites) => chooseSuite(asker, name, suites, shares));
  return all;
}

async function mergeTwo(
  one: readonly ChosenSuite[],
  other: readonly ChosenSuite[],
  choose: (suites: readonly number[]) => Promise<Choice<ChosenSuite>>,
): Promise<readonly ChosenSuite[]> {
  const last = one.at(-1);
  const [next] = other;
  if (last === undefined || next === undefined) return [...one, ...other];
  const prefersNext = async (suites: readonly number[]): Promise<boolean> => {
    const choice = await choose(suites);
    return !('refusal' in choice) && choice.number === next.suite;
  };
  // A server that follows the client's order prefers what comes first, and has no fixed order.
  const isInterleaved =
    (await prefersNext([next.suite, last.suite])) && (await prefersNext([last.suite, next.suite]));
  if (!isInterleaved) return [...one, ...other];
  const left: readonly [ChosenSuite[], ChosenSuite[]] = [[...one], [...other]];
  const result: ChosenSuite[] = [];
  for (;;) {
    const [[a], [b]] = left;
    if (a === undefined || b === undefined) return [...result, ...left[0], ...left[1]];
    const choice = await choose([b.suite, a.suite]);
    const from = 'refusal' in choice || choice.number === a.suite ? left[0] : left[1];
    result.push(...from.splice(0, 1));
  }
}

/** Offers what was found the other way round: a server with its own order chooses the same again. */
async function orderOf(
  asker: Asker,
  name: Exclude<TlsVersionName, 'SSLv2'>,
  found: readonly ChosenSuite[],
  shares: Shares,
): Promise<VersionReport['order']> {
  const first = found[0]?.suite;
  const last = found.at(-1)?.suite;
  if (first === undefined || last === undefined || first === last) return null;
  const choice = await chooseSuite(asker, name, [last, first], shares);
  if ('refusal' in choice) return null;
  return choice.number === first ? 'server' : 'client';
}

const suiteReport = ({ suite, group }: ChosenSuite): SuiteReport => {
  const known = CIPHER_SUITES.get(suite);
  return {
    id: suite,
    name: suiteName(suite),
    openssl: known?.openssl ?? null,
    bits: known?.bits ?? 0,
    group: group === null ? null : groupName(group),
    strength: known?.flags.find(isStrength) ?? 'legacy',
  };
};

const isStrength = (flag: SuiteFlag): flag is SuiteReport['strength'] => flag !== 'windows';

/** The groups of TLS 1.3, in the server's order: it names its choice in a HelloRetryRequest, or takes a share. */
export function groupsOf13(
  asker: Asker,
  suites: readonly number[],
  shares: Shares,
): Promise<Elimination<number>> {
  return eliminate(ALL_GROUPS, async (groups) => {
    const offer = { version: TLS_VERSIONS['TLSv1.3'], suites, groups, shares: shares(groups) };
    const outcome = await asker.ask(offer);
    const group = outcome.end === 'answer' ? outcome.hello.group : null;
    return group === null ? { refusal: refusalOf(outcome) } : { chosen: group, number: group };
  });
}
