import type { NativeHandleCounts } from '#lib/native/binding.js';
import type { Sample, Soak, SoakResult } from './soak.js';

const MIB = 1 << 20;
const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

/** One line while it runs. */
export function progressLine(elapsed: number, sample: Sample, progress: Soak['progress']): string {
  const { memory } = sample;
  const seconds = Math.floor(elapsed / 1000);
  return [
    `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`,
    `${String(sample.connections).padStart(7)} connections`,
    `${(sample.bytes / 1024 / MIB).toFixed(2).padStart(7)} GiB`,
    `${String(progress.open).padStart(4)} open`,
    `rss ${mib(memory.rss)}`,
    `external ${mib(memory.external)}`,
    `heap ${mib(memory.heapUsed)} MiB`,
    `faults ${progress.faults}`,
  ].join('  ');
}

/** Sockets, pipes and timers that were not there before. */
export function leftOpen(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(after)
    .filter(([kind, count]) => /^(TCP|TLS|Pipe|Timeout)/.test(kind) && count > (before[kind] ?? 0))
    .map(([kind, count]) => `${count} ${kind}, before ${before[kind] ?? 0}`);
}

export interface Printed extends SoakResult {
  readonly seed: number;
  readonly handles: { readonly before: NativeHandleCounts; readonly after: NativeHandleCounts };
  readonly left: readonly string[];
}

/** @returns the exit code */
export function printResult(result: Printed): number {
  const table = (title: string, counts: ReadonlyMap<string, number>): string[] => [
    title,
    ...[...counts].sort().map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`),
  ];
  const { before, after } = result.handles;
  const kinds = Object.keys(after) as (keyof NativeHandleCounts)[];
  const handles = kinds
    .filter((kind) => before[kind] !== 0 || after[kind] !== 0)
    .map((kind) => `${kind} ${before[kind]} → ${after[kind]}`);
  const isGood = result.hangs.length + result.mismatches.length + result.left.length === 0;
  console.log(
    [
      '',
      ...table('How ends came to their end:', result.ends),
      ...table('Connections that ended before their server knew them:', result.failures),
      `Handles before and after: ${handles.join(', ') || 'none of any kind'}`,
      ...(result.left.length > 0 ? [`Left over: ${result.left.join('; ')}`] : []),
      `${result.connections} connections, ${(result.bytes / 1024 / MIB).toFixed(2)} GiB, ${result.renewals} changes of certificates`,
      `${result.hangs.length} hangs, ${result.mismatches.length} mismatches, ${result.left.length} kinds of handles left`,
      isGood ? 'good' : `not good; again with --seed ${result.seed}`,
    ].join('\n'),
  );
  return isGood ? 0 : 1;
}
