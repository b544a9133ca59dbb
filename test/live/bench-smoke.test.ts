import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PATIENCE } from '../support/patience.js';
import { hasPeer } from '../support/peers.js';

const root = path.join(__dirname, '..', '..');
/**
 * Far too short for figures that mean anything: what is tested is that every case runs to its end. Connections that
 * begin by the clock are so few that a busy machine keeps up with them.
 */
const SMALLEST = [
  ...['--rounds', '1', '--slice', '10', '--connections', '10', '--certificates', '10', '--rate', '5'],
  ...['--delay', '1'],
  '--json',
];

interface Spread {
  readonly median: number;
}

interface BenchResult {
  readonly figures: readonly {
    readonly id: string;
    readonly contestants: Readonly<Record<string, Spread>>;
  }[];
  readonly goals: readonly {
    readonly metric: string;
    readonly figure: string;
    readonly baseline: string | null;
    readonly measured: Spread | null;
  }[];
}

describe('the bench', () => {
  const names = existsSync(path.join(root, 'build/bench/sspi-limit.exe'))
    ? ['raw', 'ours', 'node']
    : ['ours', 'node'];

  it(`measures ${names.join(', ')} in every case`, async () => {
    const result = await bench([...SMALLEST, '--contestants', names.join()]);
    assert.ok(result.figures.length > 0);
    for (const { id, contestants } of result.figures) {
      const samples = Object.values(contestants);
      assert.ok(samples.length > 0, `${id} has no sample`);
      for (const { median } of samples) assert.ok(Number.isFinite(median), `${id}: ${median}`);
    }
    for (const { metric, figure, baseline, measured } of result.goals) {
      const hasLoad = await makesLoad(figure);
      assert.equal(measured !== null, hasLoad && (baseline === null || names.includes(baseline)), metric);
    }
  });

  it('measures only what it is asked for', async () => {
    const { figures } = await bench([...SMALLEST, '--only', 'handshake', '--contestants', 'node']);
    assert.deepEqual(
      figures.map(({ id }) => id),
      ['handshake.single', 'handshake.parallel'].flatMap((id) => [id, `${id}.gap`, `${id}.gap.plain`]),
    );
  });

  it('explains itself when an option is wrong', async () => {
    await assert.rejects(bench(['--only', 'udp']), (error: Error & { code?: unknown; stderr?: string }) => {
      assert.equal(error.code, 2);
      assert.match(
        error.stderr ?? '',
        /'udp' is not one of memory, tcp, handshake, idle, server, https, http2, tunnel, renewal, store, files, authority, tracing, probe, timed, cost/,
      );
      return true;
    });
  });
});

/** Whether the figure is measured: of web servers if the program is there that makes the load, of s_time not here. */
async function makesLoad(figure: string): Promise<boolean> {
  const [group] = figure.split('.');
  if (group === 'timed') return false;
  if (group === 'https') return hasPeer('wrk');
  return group === 'http2' ? hasPeer('h2load') : true;
}

async function bench(options: readonly string[]): Promise<BenchResult> {
  const program = path.join(root, 'bench/run.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options], {
    timeout: PATIENCE,
  });
  return JSON.parse(stdout) as BenchResult;
}
