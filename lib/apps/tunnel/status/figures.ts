import type { TargetStatus, TunnelStatus } from '../tunnel.js';
import { added, type Histogram } from './histogram.js';

/** What became of connections that were accepted. */
export const RESULTS = ['success', 'error', 'timeout', 'refused'] as const;

export type Result = (typeof RESULTS)[number];

/** What is known of one tunnel: its status, and what has been counted since its start. Plain data. */
export interface TunnelFigures {
  readonly status: TunnelStatus;
  readonly results: Readonly<Record<Result, number>>;
  /** From the transport to the end of the handshake. */
  readonly handshakes: Histogram;
  /** From the acceptance to the end, of connections that were open. */
  readonly connections: Histogram;
  readonly reloads: { readonly success: number; readonly failure: number };
}

/**
 * One list of what several processes report, each for the same tunnels in the same order: numbers are added up, and a
 * tunnel is as well as its worst process.
 */
export function merged(processes: readonly (readonly TunnelFigures[])[]): readonly TunnelFigures[] {
  const [first = [], ...others] = processes;
  return first.map((figures, index) =>
    others.reduce((sum, process) => {
      const next = process[index];
      return next === undefined ? sum : sumOf(sum, next);
    }, figures),
  );
}

function sumOf(one: TunnelFigures, other: TunnelFigures): TunnelFigures {
  return {
    status: statusOf(one.status, other.status),
    results: {
      success: one.results.success + other.results.success,
      error: one.results.error + other.results.error,
      timeout: one.results.timeout + other.results.timeout,
      refused: one.results.refused + other.results.refused,
    },
    handshakes: added(one.handshakes, other.handshakes),
    connections: added(one.connections, other.connections),
    reloads: {
      success: one.reloads.success + other.reloads.success,
      failure: one.reloads.failure + other.reloads.failure,
    },
  };
}

function statusOf(one: TunnelStatus, other: TunnelStatus): TunnelStatus {
  const sum = (name: 'open' | 'opening' | 'total' | 'refused' | 'bytesToTls' | 'bytesFromTls'): number =>
    one[name] + other[name];
  return {
    ...one,
    // A certificate that is newer in one process will be in the others in a moment.
    certificate: earlier(one.certificate, other.certificate, ({ validTo }) => validTo),
    state: one.state === 'listening' ? other.state : one.state,
    targets: one.targets.map((target) =>
      targetOf(
        target,
        other.targets.find(({ address }) => address === target.address),
      ),
    ),
    open: sum('open'),
    opening: sum('opening'),
    total: sum('total'),
    refused: sum('refused'),
    bytesToTls: sum('bytesToTls'),
    bytesFromTls: sum('bytesFromTls'),
    since: one.since !== null && other.since !== null && other.since < one.since ? other.since : one.since,
    lastReload: reloadOf(one.lastReload, other.lastReload),
  };
}

/** The one that is not known is the other one. Two that differ: down, since somebody could not reach it. */
function targetOf(one: TargetStatus, other: TargetStatus | undefined): TargetStatus {
  if (other === undefined || other.state === 'unknown' || one.state === 'down') return one;
  return other;
}

function earlier<T>(one: T | null, other: T | null, time: (value: T) => Date): T | null {
  if (one === null || other === null) return one ?? other;
  return time(other) < time(one) ? other : one;
}

/** The last one; of two failures and successes at about the same time, the failure. */
function reloadOf(
  one: TunnelStatus['lastReload'],
  other: TunnelStatus['lastReload'],
): TunnelStatus['lastReload'] {
  if (one === null || other === null) return one ?? other;
  if ((one.error === null) !== (other.error === null)) return one.error === null ? other : one;
  return other.at > one.at ? other : one;
}
