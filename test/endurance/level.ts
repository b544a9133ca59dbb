import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { native } from '#lib/native/load.js';
import { turn } from '../support/patience.js';

/** What a process has at a moment: native handles, sockets, and bytes of memory. */
export interface Level {
  readonly handles: number;
  /** Sockets of libuv. */
  readonly sockets: number;
  readonly heapUsed: number;
  readonly external: number;
  /** What the process has beside the heap of V8, which V8 enlarges when it sees fit. */
  readonly outside: number;
}

/** As --expose-gc, which the process was not started with. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** After everything that nobody uses was collected. */
export async function level(): Promise<Level> {
  // What one pass finds is freed by callbacks, and then another one may find more.
  for (let pass = 0; pass < 4; pass += 1) {
    collectGarbage();
    await turn();
  }
  const { external, heapUsed, heapTotal, rss } = process.memoryUsage();
  const counts: readonly number[] = Object.values({ ...native().handleCounts() });
  const handles = counts.reduce((sum, count) => sum + count, 0);
  const sockets = process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|Pipe)/.test(kind)).length;
  return { handles, sockets, heapUsed, external, outside: rss - heapTotal };
}

export const KIB = 1024;
export const MIB = 1024 * KIB;

/** Bytes that memory may grow by although nothing leaks: allocators take memory in large steps. */
const SLACK = { heapUsed: 4 * MIB, external: 4 * MIB, outside: 16 * MIB };

type Memory = keyof typeof SLACK;
const KINDS = Object.keys(SLACK) as Memory[];

/** What grew at every step from one level to the next, and should have stayed the same: a leak grows each time. */
export function growth(...levels: readonly Level[]): string[] {
  return KINDS.filter((kind) => grewAlways(levels, kind)).map((kind) => grown(levels, kind));
}

/** A round of the same work: the level in the middle of it, and the one behind it. */
export interface Round {
  readonly open: Level;
  readonly after: Level;
}

/**
 * What grew with every round. How much of the memory of a round goes back to the system is up to the allocator, and may
 * be all of it after one round and nothing after the next. It uses again what it keeps, so a round needs more than the
 * one before only if that has left something behind. Hence a leak outside of the heap shows in the middle as well.
 */
export function growthInRounds(rounds: readonly Round[]): string[] {
  const [open, after] = [rounds.map((round) => round.open), rounds.map((round) => round.after)];
  return KINDS.filter(
    (kind) => grewAlways(after, kind) && (kind !== 'outside' || grewAlways(open, kind)),
  ).map((kind) => grown(after, kind));
}

function grewAlways(levels: readonly Level[], kind: Memory): boolean {
  const steps = levels.slice(1).map((level, at) => level[kind] - (levels[at]?.[kind] ?? 0));
  return steps.length > 0 && Math.min(...steps) > SLACK[kind];
}

const grown = (levels: readonly Level[], kind: Memory): string =>
  `${kind} grew: ${levels.map((level) => mib(level[kind])).join(', ')} MiB`;

/** The median of each figure. */
export function medianOf(levels: readonly Level[]): Level {
  const of = (kind: keyof Level): number => {
    const sorted = levels.map((each) => each[kind]).sort((one, other) => one - other);
    return sorted[sorted.length >> 1] ?? 0;
  };
  return {
    handles: of('handles'),
    sockets: of('sockets'),
    heapUsed: of('heapUsed'),
    external: of('external'),
    outside: of('outside'),
  };
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

/** Heads of the columns that {@link cells} fills. */
export const LEVEL_HEADS = ['handles', 'sockets', 'heap MiB', 'external MiB', 'outside MiB'] as const;

export const cells = ({ handles, sockets, heapUsed, external, outside }: Level): string[] => [
  String(handles),
  String(sockets),
  ...[heapUsed, external, outside].map(mib),
];
