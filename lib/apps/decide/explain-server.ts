import type { Role } from '../../native/binding.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { decide } from './decide.js';
import { decideSuite, suiteNamed } from './decide-suite.js';
import {
  type DecidedVersion,
  type DecideInput,
  type Decision,
  type ServerKey,
  VERSION_NAMES,
} from './decision.js';

/** What a report of schannel/probe says of a server, as far as it is compared. */
export interface SeenServer {
  readonly versions: Readonly<
    Record<
      string,
      { readonly offered: boolean | null; readonly suites: readonly { readonly name: string }[] }
    >
  >;
  readonly certificates: readonly { readonly key: string | null }[];
  readonly groups: NonNullable<DecideInput['peerGroups']>;
}

export interface Compared {
  readonly decision: Decision;
  /** Whether the server accepts it; null if the probe is unsure. */
  readonly seen: boolean | null;
  /** What a difference means; null without one. */
  readonly meaning: string | null;
}

/**
 * Puts decisions beside what a probe has seen. For the role of a server, the server is this machine, so both should
 * agree. For a client it is another one, and what both have can be used.
 */
const compare = (decisions: readonly Decision[], server: SeenServer): Compared[] =>
  decisions.map((decision) => {
    const seen =
      decision.kind === 'version'
        ? (server.versions[VERSION_NAMES[decision.subject as DecidedVersion]]?.offered ?? null)
        : suiteSeen(decision.subject, server);
    return { decision, seen, meaning: meaningOf(decision, seen) };
  });

function suiteSeen(name: string, { versions }: SeenServer): boolean | null {
  const all = Object.values(versions);
  if (all.some(({ suites }) => suites.some((suite) => suite.name === name))) return true;
  return all.some(({ offered }) => offered === null) ? null : false;
}

function meaningOf({ answer, role }: Decision, seen: boolean | null): string | null {
  if (seen === null || answer === 'unknown' || (answer === 'yes') === seen) return null;
  if (role === 'client') return seen ? 'Only the server has it.' : 'Only this machine has it.';
  return seen
    ? 'Another TLS library answers on this port, or the settings were changed since the service started: restart it.'
    : 'Something in front of it answers, the service keeps older settings (restart it), or it permits less than Windows.';
}

/**
 * The first thing that keeps a client on this machine from the server, in a sentence; null if nothing of what is
 * compared does, or if that is not known.
 */
function firstObstacle(compared: readonly Compared[]): string | null {
  const isPossible = ({ decision, seen }: Compared): boolean => decision.answer !== 'no' && seen !== false;
  const of = (kind: Decision['kind']): readonly Compared[] =>
    compared.filter(({ decision }) => decision.kind === kind);
  const refused = (kind: Decision['kind']): string => {
    const wanted = of(kind).find(({ decision, seen }) => seen === true && decision.answer === 'no');
    return wanted === undefined ? '' : ` ${wanted.decision.subject}: ${wanted.decision.text}`;
  };
  if (!of('version').some(isPossible)) return `No version is common.${refused('version')}`;
  return of('suite').some(isPossible) ? null : `No cipher suite is common.${refused('suite')}`;
}

/** OpenSSL's names of curves that Windows has, by Windows'. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'NistP256',
  secp384r1: 'NistP384',
  secp521r1: 'NistP521',
};

/** The key of the server's certificate; undefined if it shows several kinds, or one that is not known. */
function keyOfServer({ certificates }: SeenServer): ServerKey | undefined {
  const [key, ...others] = new Set(certificates.map((each) => each.key));
  const [, kind, size = ''] = /^(RSA|EC) (\w+)$/.exec(key ?? '') ?? [];
  if (others.length > 0 || kind === undefined) return undefined;
  return kind === 'RSA' ? { kind, bits: Number(size) } : { kind: 'EC', curve: CURVES[size] ?? size };
}

export interface ExplainedServer {
  readonly role: Role;
  readonly compared: readonly Compared[];
  /** What keeps this machine from the server, for the role of a client; null for nothing. */
  readonly obstacle: string | null;
}

/** Says of all that this machine has, or that a probe has seen, what decides it here and whether the server agrees. */
export function explainServer(policy: Policy, role: Role, server: SeenServer): ExplainedServer {
  const certificate = keyOfServer(server);
  const input = {
    ...{ policy, role },
    ...(certificate && { certificate }),
    ...(role === 'client' && { peerGroups: server.groups }),
  };
  const decisions = decide(input);
  const known = new Set(decisions.map(({ subject }) => subject));
  const names = Object.values(server.versions).flatMap(({ suites }) => suites.map(({ name }) => name));
  const others = new Set(names.filter((name) => !known.has(name)).flatMap((name) => suiteNamed(name) ?? []));
  const compared = compare([...decisions, ...[...others].map((suite) => decideSuite(input, suite))], server);
  return { role, compared, obstacle: role === 'client' ? firstObstacle(compared) : null };
}
