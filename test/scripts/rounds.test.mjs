import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { runRounds } from '../../scripts/suites/rounds.mjs';
import { ROOT } from '../../scripts/support/paths.mjs';

describe('scripts/suites/rounds', () => {
  let folder;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-rounds-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs tests with these seeds on the node that runs this, where the double is not. */
  const run = async (source, seeds) => {
    const file = path.join(folder, 'a.test.cjs');
    writeFileSync(file, source);
    const events = [];
    const tally = {
      pass: (title) => events.push(`pass ${title}`),
      fail: (title, detail) => events.push(`fail ${title}: ${detail}`),
      skip: (title) => events.push(`skip ${title}`),
      spend: () => undefined,
      log: (text) => events.push(text.replace(/\(.* s\)/, '')),
    };
    const windows = {
      rig: null,
      clonePrefix: async () => undefined,
      node: () => process.execPath,
      spawn: (program, args, { env }) =>
        spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    };
    await runRounds([file], { tally, windows, env: {}, version: '24', profile: '2022', seeds });
    return events;
  };

  it('runs each test once for each seed, with hooks', async () => {
    const events = await run(
      `let n = 0; before(() => n++); it('a', () => { if (n === 3) throw new Error('no'); });`,
      [5, 6, 7, 8],
    );
    assert.deepEqual(events.slice(0, 2), ['pass seed 5: a', 'pass seed 6: a']);
    assert.match(events[2], /^fail seed 7: a: Error: no\n[^]*\nagain: npm test .*--double-seed 7 --grep 'a'/);
    assert.deepEqual(events.slice(3), [
      'pass seed 8: a',
      '  4 of 4 seeds, 1 failures ',
      '  failed with seeds 7: a',
    ]);
  });

  it('seeds each test by the seed and its title', async () => {
    const show = `throw new Error(process.env.SCHANNEL_DOUBLE_SEED)`;
    const events = await run(`it('a', () => { ${show}; }); it('b', () => { ${show}; });`, [5, 6]);
    const seeds = events.flatMap((event) => /Error: (\d+)/.exec(event)?.[1] ?? []);
    assert.equal(new Set(seeds).size, 2); // it is told in full for the first seed only
  });

  it('goes on with the next seed after a process that died', async () => {
    const events = await run(`let n = 0; it('a', () => { if (n++ === 1) process.exit(7); });`, [5, 6, 7]);
    assert.equal(events[0], 'pass seed 5: a');
    assert.match(events[1], /^fail seed 6: a: [^]*code 7/);
    assert.deepEqual(events.slice(2), [
      '  2 of 3 seeds, 1 failures ',
      'pass seed 7: a',
      '  3 of 3 seeds, 1 failures ',
      '  failed with seeds 6: a',
    ]);
  });

  it('tells a skipped test once', async () => {
    const events = await run(
      `it('a', function () { this.test.skipReason = 'no moon'; this.skip(); });`,
      [5, 6],
    );
    assert.deepEqual(events.slice(0, 1), ['skip a']);
    assert.equal(events.length, 2);
  });
});
