import type { Socket } from 'node:net';

import { anchorsFor } from '../../windows/trust/ca-list.js';
import { checkIdentity, listsHost, type CheckServerIdentity } from '../../windows/trust/identity.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import { legacyPeerCertificate } from '../../windows/trust/peer-certificate.js';
import { alertOfVerdict } from '../../windows/trust/verify-alert.js';
import { checkRequirements } from '../../windows/trust/requirements.js';
import { isPinned, notPinned, type Pins } from '../../windows/trust/pins.js';
import {
  judge,
  verdictWithoutCertificate,
  verifyRequest,
  withLists,
  withoutIdentity,
  type Verdict,
} from '../../windows/trust/verify.js';
import type { Native, NativeSession, Role } from '../../native/binding.js';
import { native } from '../../native/load.js';
import { trusts } from '../credential/resources.js';
import type { SecureContext } from '../secure-context/secure-context.js';
import { asSent, RecentVerdicts } from './recent-verdicts.js';
import { errorCode } from '../../base/errors/error-code.js';
import type { Rejection } from '../../base/errors/rejection.js';
import { toError } from '../../base/errors/to-error.js';
import { operations, type VerificationMessage } from '../../base/trace/channels.js';

/** The peer of a connection, and what it is verified against. */
export interface VerificationSubject {
  readonly session: NativeSession;
  readonly context: SecureContext;
  /** DER as the peer sent them, its own first. */
  readonly certificates: readonly Uint8Array[];
  /** Named to those who follow verifications. */
  readonly socket?: Socket | null;
}

/** A server must also be the one that the caller named. */
export interface ServerSubject extends VerificationSubject {
  readonly hostname: string;
  readonly checkServerIdentity: CheckServerIdentity | undefined;
  /** Default: any key. */
  readonly pins?: Pins | null;
}

/** How trust in the peer was decided. */
export interface Verification {
  readonly authorized: boolean;
  /** Why the peer is not trusted. */
  readonly error: Error | null;
  /** DER of the chain that Windows built, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** Whose anchors decided: those of Windows, or those of the options `ca` and `pfx`. */
  readonly anchors: 'windows' | 'ca';
  readonly revocation: Verdict['revocation'];
  /** Faults that were found and do not count. */
  readonly ignored: readonly string[];
  /** Whether a key of the server is among the option `pins`; null without that option. */
  readonly pinned: boolean | null;
}

/** Windows' chain engine. */
type ChainEngine = Pick<Native, 'verifyChain'>;

/** Has Windows verify the chain on a worker, then compares the host name. */
export function verifyServer(
  subject: ServerSubject,
  windows: () => ChainEngine = native,
): Promise<Verification> {
  return followed(subject, 'server', subject.hostname, async () => {
    const { verdict, anchors } = await decide(subject, 'server', windows);
    const error = verdict.error ?? identityError(subject);
    return withPins({ ...verdict, authorized: error === null, error, anchors }, subject);
  });
}

/** Has Windows verify the chain of a client's certificate on a worker. Whose it is, is for the program to judge. */
export function verifyClient(
  subject: VerificationSubject,
  windows: () => ChainEngine = native,
): Promise<Verification> {
  return followed(subject, 'client', null, async () => {
    const { verdict, anchors } = await decide(subject, 'client', windows);
    return { ...verdict, anchors, pinned: null };
  });
}

const followed = (
  { socket = null, certificates }: VerificationSubject,
  peer: Role,
  hostname: string | null,
  work: () => Promise<Verification>,
): Promise<Verification> =>
  operations.verification.run(
    () => ({ socket, peer, hostname, received: certificates.length }),
    work,
    factsOf,
  );

const factsOf = (verification: Verification): Partial<VerificationMessage> => {
  const { authorized, error, anchors, revocation, ignored } = verification;
  return { authorized, reason: error && (errorCode(error) || error.message), anchors, revocation, ignored };
};

/**
 * What follows from a verdict on a server. `rejectUnauthorized: false` waives what authorities and names say, but not
 * the pins: nobody gives any for nothing.
 * @param certificates DER as the server sent them
 */
export function serverRejection(
  { error, pinned }: Verification,
  certificates: readonly Uint8Array[],
  rejectUnauthorized: boolean,
): Rejection | null {
  const reason = rejectUnauthorized ? error : pinned === false ? notPinned(certificates, error) : null;
  return reason && { error: reason, alert: alertOfVerdict(errorCode(reason)) };
}

/** Pins come last, and in addition: they take the place of nothing. */
function withPins(
  verification: Omit<Verification, 'pinned'>,
  { pins = null, certificates }: ServerSubject,
): Verification {
  if (pins === null) return { ...verification, pinned: null };
  const chain = verification.error === null ? verification.chain : certificates.slice(0, 1);
  const pinned = isPinned(pins, chain);
  const error = verification.error ?? (pinned ? null : notPinned(certificates, null));
  return { ...verification, authorized: error === null, error, pinned };
}

type Authorities = SecureContext['authorities'];

const anchorsOf = (authorities: Authorities): Verification['anchors'] =>
  authorities === null ? 'windows' : 'ca';

/** What may be said of a chain whose anchor is not trusted, and otherwise sound. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

interface Decision {
  readonly verdict: Verdict;
  readonly anchors: Verification['anchors'];
}

async function decide(
  subject: VerificationSubject,
  role: Role,
  windows: () => ChainEngine,
): Promise<Decision> {
  const { certificates, context } = subject;
  if (certificates.length === 0)
    return { verdict: verdictWithoutCertificate(), anchors: anchorsOf(context.authorities) };
  const decision = await askWindows(subject, role, windows());
  const { verdict } = decision;
  if (parseCertificate(certificates[0]) === null) return { ...decision, verdict: withoutIdentity(verdict) };
  const error = verdict.error ?? checkRequirements(context.requirements, verdict.chain);
  return { ...decision, verdict: { ...verdict, authorized: error === null, error } };
}

/**
 * An engine with its own anchors trusts no others. So anchors beside those of Windows are tried in a second pass, which
 * checks all the rest again.
 */
async function askWindows(subject: VerificationSubject, role: Role, windows: ChainEngine): Promise<Decision> {
  const { authorities, additionalAuthorities, revocationLists } = subject.context;
  const verdict = await chainVerdict(subject, authorities, role, windows);
  if (additionalAuthorities.length > 0 && UNTRUSTED.has(verdict.error?.code ?? '')) {
    const second = await chainVerdict(subject, additionalAuthorities, role, windows);
    // It ends at one of them. What else is wrong with it is the reason, if it is refused.
    if (!UNTRUSTED.has(second.error?.code ?? ''))
      return { verdict: withLists(second, revocationLists), anchors: 'ca' };
  }
  return { verdict: withLists(verdict, revocationLists), anchors: anchorsOf(authorities) };
}

async function chainVerdict(
  { session, context, certificates }: VerificationSubject,
  authorities: Authorities,
  role: Role,
  windows: ChainEngine,
): Promise<Verdict> {
  const { partialChain, revocation, revocationTimeout, fetchIssuers } = context;
  const anchors = authorities && anchorsFor(authorities, role);
  const lease = anchors && (await trusts().lease(anchors, partialChain));
  try {
    const request = verifyRequest({
      session,
      certificates: [],
      trust: lease?.resource ?? null,
      role,
      revocation,
      urlTimeout: revocationTimeout,
      fetchIssuers,
    });
    const recent = revocation === 'off' ? recentOf(windows) : null;
    const known = recent?.find(request, certificates);
    if (known) return known;
    const keep = recent?.begin(request, certificates);
    const verdict = judge(await new Promise((resolve) => windows.verifyChain(request, resolve)), revocation);
    keep?.(verdict);
    return { ...verdict, chain: asSent(verdict.chain, certificates) };
  } finally {
    lease?.release();
  }
}

const recentVerdicts = new WeakMap<ChainEngine, RecentVerdicts>();

function recentOf(windows: ChainEngine): RecentVerdicts {
  const known = recentVerdicts.get(windows) ?? new RecentVerdicts();
  recentVerdicts.set(windows, known);
  return known;
}

/** A check of the caller's own may throw, as in node:tls; what it throws is the reason then. */
function identityError({ hostname, certificates, checkServerIdentity }: ServerSubject): Error | null {
  if (!checkServerIdentity && listsHost(hostname, certificates[0])) return null;
  try {
    return checkIdentity(hostname, legacyPeerCertificate(certificates, true), checkServerIdentity);
  } catch (error) {
    return toError(error);
  }
}
