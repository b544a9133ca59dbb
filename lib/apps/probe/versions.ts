import { ALL_GROUPS, groupName } from '../../formats/tls-wire/groups.js';
import { CIPHER_SUITES, type SuiteFlag, suiteName } from '../../formats/tls-wire/suites.js';
import { TLS_VERSIONS, type TlsVersionName } from '../../formats/tls-wire/versions.js';
import type { Asker } from './asker.js';
import { type Choice, eliminate, type Elimination, refusalOf } from './eliminate.js';
import type { KeyShare } from './hellos.js';
import { ownShare, SHARED_GROUPS } from './key-shares.js';
import { joinLists, type ChosenSuite } from './join-lists.js';
import { suitesFor } from './offered-suites.js';
import type { Outcome } from './outcome.js';
import type { Refusal, SuiteReport, VersionReport } from './report.js';

/** A version with a hello that we send; SSL 2 has its own. */
export type HelloVersion = Exclude<TlsVersionName, 'SSLv2'>;

/** What is offered with the suites: in TLS 1.3 the shares, which some servers insist on. */
type Shares = (groups: readonly number[]) => readonly KeyShare[];

const NO_SHARES: Shares = () => [];
/** Of a reserved group (RFC 8701), so that there is one even if the server's group is none of ours. */
const GREASE_SHARE: KeyShare = { group: 0x6a6a, share: Uint8Array.of(0) };

/** The first answer to a version. */
export interface FirstAnswer {
  readonly name: HelloVersion;
  /** Of all that servers are likely to have. */
  readonly choice: Choice<ChosenSuite>;
  /** The shares that the server wants. */
  readonly shares: Shares;
}

/** Offers a version for the first time. @param outcome of the same hello, if it was sent before */
export async function meetVersion(asker: Asker, name: HelloVersion, outcome?: Outcome): Promise<FirstAnswer> {
  const { first } = suitesFor(name);
  const choice =
    outcome === undefined ? await chooseSuite(asker, name, first, NO_SHARES) : choiceOf(outcome, name);
  const dislikesEmpty = name === 'TLSv1.3' && 'refusal' in choice && mayWantShares(choice.refusal);
  if (!dislikesEmpty) return { name, choice, shares: NO_SHARES };
  const shares = ownShares();
  return { name, choice: await chooseSuite(asker, name, first, shares), shares };
}

/** A server without TLS 1.3 says so by the alert for versions, or by another version. */
const mayWantShares = (refusal: Refusal): boolean =>
  refusal.kind === 'cut' || (refusal.kind === 'alert' && !isOfVersion(refusal));

/** The refusal is about the version, whatever else is offered. */
const isOfVersion = ({ kind, text }: Refusal): boolean =>
  kind === 'other-version' || (kind === 'alert' && text === 'alert protocol_version');

function ownShares(): Shares {
  const own = SHARED_GROUPS.flatMap((group) => ownShare(group) ?? []);
  return (groups) => [GREASE_SHARE, ...own.filter(({ group }) => groups.includes(group))];
}

/** Everything about one version of TLS or SSL 3. */
export async function surveyVersion(
  asker: Asker,
  { name, choice, shares }: FirstAnswer,
): Promise<VersionReport> {
  if ('refusal' in choice && isOfVersion(choice.refusal)) {
    return { offered: false, suites: [], order: null, refusal: choice.refusal };
  }
  const { first, lists } = suitesFor(name);
  const choose = (suites: readonly number[]): Promise<Choice<ChosenSuite>> =>
    chooseSuite(asker, name, suites, shares);
  const results = await Promise.all(
    lists.map((list) => eliminate(list, choose, firstOf(list, first, choice))),
  );
  const unsure = results.find(({ refusal }) => refusal?.kind === 'unsure');
  const refusal = (unsure ?? results[0])?.refusal ?? null;
  const found = results.map((result) => result.found);
  const { suites, order, doubt } = await joinLists(lists, found, choose);
  asker.doubt(`order of suites in ${name}`, doubt);
  return {
    offered: suites.length > 0 ? true : refusal?.kind === 'unsure' ? null : false,
    suites: suites.map(suiteReport),
    order,
    refusal,
  };
}

/** What a server chooses of all, it also chooses of each list that has it. If it refuses all, it refuses each part. */
function firstOf(
  list: readonly number[],
  all: readonly number[],
  choice: Choice<ChosenSuite>,
): Choice<ChosenSuite> | null {
  const isAnswered =
    'number' in choice ? list.includes(choice.number) : list.every((suite) => all.includes(suite));
  return isAnswered ? choice : null;
}

async function chooseSuite(
  asker: Asker,
  name: HelloVersion,
  suites: readonly number[],
  shares: Shares,
): Promise<Choice<ChosenSuite>> {
  const version = TLS_VERSIONS[name];
  return choiceOf(await asker.ask({ version, suites, shares: shares(ALL_GROUPS) }), name);
}

function choiceOf(outcome: Outcome, name: HelloVersion): Choice<ChosenSuite> {
  if (outcome.end !== 'answer' || outcome.hello.version !== TLS_VERSIONS[name]) {
    return { refusal: refusalOf(outcome) };
  }
  const { suite, group } = outcome.hello;
  return { chosen: { suite, group }, number: suite };
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
export function groupsOf13(asker: Asker, shares: Shares): Promise<Elimination<number>> {
  const { first: suites } = suitesFor('TLSv1.3');
  return eliminate(ALL_GROUPS, async (groups) => {
    const offer = { version: TLS_VERSIONS['TLSv1.3'], suites, groups, shares: shares(groups) };
    const outcome = await asker.ask(offer);
    const group = outcome.end === 'answer' ? outcome.hello.group : null;
    return group === null ? { refusal: refusalOf(outcome) } : { chosen: group, number: group };
  });
}
