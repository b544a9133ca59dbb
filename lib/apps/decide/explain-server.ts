import type { Role } from '../../native/binding.js';
import type { Policy } from '../../windows/policy/read-policy.js';
import { decide } from './decide.js';
import { decideSuite } from './decide-suite.js';
import {
  type DecidedVersion,
  type DecideInput,
  type Decision,
  type ServerKey,
  VERSION_NAMES,
} from './decision.js';
import { suiteNamed, versionsOf } from '../../windows/policy/suite-versions.js';

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

/** What a client on this machine and the server do not have in common. */
export interface Lacking {
  readonly kind: Decision['kind'];
  /** Why this machine has not what the server has; null if that is not the reason. */
  readonly decision: Decision | null;
}

/**
 * The first thing that keeps a client on this machine from the server; null if nothing of what is compared does, or if
 * that is not known. A suite counts only in a version that both have.
 */
function lackingOf(compared: readonly Compared[], { versions }: SeenServer): Lacking | null {
  const of = (kind: Decision['kind']): readonly Compared[] =>
    compared.filter(({ decision }) => decision.kind === kind);
  const lack = (kind: Decision['kind'], among: (subject: string) => boolean): Lacking => ({
    kind,
    decision:
      of(kind).find(
        ({ decision, seen }) => seen === true && decision.answer === 'no' && among(decision.subject),
      )?.decision ?? null,
  });
  const possible = of('version').filter(({ decision, seen }) => decision.answer !== 'no' && seen !== false);
  if (possible.length === 0) return lack('version', () => true);
  const suitesIn = (version: DecidedVersion): readonly string[] =>
    versions[VERSION_NAMES[version]]?.suites.map(({ name }) => name) ?? [];
  const refused = new Set(
    of('suite').flatMap(({ decision: { answer, subject } }) => (answer === 'no' ? [subject] : [])),
  );
  const lists = possible.map(({ decision, seen }) => {
    const version = decision.subject as DecidedVersion;
    const names = suitesIn(version);
    const isOpen =
      seen === null ||
      names.length === 0 ||
      names.some((name) => {
        const suite = suiteNamed(name);
        return suite !== null && !refused.has(name) && versionsOf(suite).includes(version);
      });
    return { names, isOpen };
  });
  if (lists.some(({ isOpen }) => isOpen)) return null;
  const common = new Set(lists.flatMap(({ names }) => names));
  return lack('suite', (name) => common.has(name));
}

function sentenceOf({ kind, decision }: Lacking): string {
  const why = decision === null ? '' : ` ${decision.subject}: ${decision.text}`;
  return `No ${kind === 'version' ? 'version' : 'cipher suite'} is common.${why}`;
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
  if (kind === 'EC') return { kind, curve: CURVES[size] ?? size };
  return /^\d+$/.test(size) ? { kind: 'RSA', bits: Number(size) } : undefined;
}

export interface ExplainedServer {
  readonly role: Role;
  readonly compared: readonly Compared[];
  /** What keeps this machine from the server, for the role of a client; null for nothing. */
  readonly lacking: Lacking | null;
  /** The same in a sentence. */
  readonly obstacle: string | null;
}

/**
 * Says of all that this machine has, or that a probe has seen, what decides it here and whether the server agrees.
 * @param options of this library; without them, the answer is for any program on Schannel
 */
export function explainServer(
  policy: Policy,
  role: Role,
  server: SeenServer,
  options?: DecideInput['options'],
): ExplainedServer {
  const certificate = keyOfServer(server);
  const input = {
    ...{ policy, role },
    ...(certificate && { certificate }),
    ...(options && { options }),
    ...(role === 'client' && { peerGroups: server.groups }),
  };
  const decisions = decide(input);
  const known = new Set(decisions.map(({ subject }) => subject));
  const names = Object.values(server.versions).flatMap(({ suites }) => suites.map(({ name }) => name));
  const others = new Set(names.filter((name) => !known.has(name)).flatMap((name) => suiteNamed(name) ?? []));
  const compared = compare([...decisions, ...[...others].map((suite) => decideSuite(input, suite))], server);
  const lacking = role === 'client' ? lackingOf(compared, server) : null;
  return { role, compared, lacking, obstacle: lacking && sentenceOf(lacking) };
}
