import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runHere } from '../../scripts/suites/here.mjs';

describe('scripts/suites/mocha', () => {
  let folder;
  let parts;

  beforeEach(() => {
    parts = new Set();
    folder = mkdtempSync(path.join(os.tmpdir(), 'schannel-mocha-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (sources, options = {}) => {
    const files = sources.map((source, at) => {
      const file = path.join(folder, `${at}.test.cjs`);
      writeFileSync(file, source);
      return file;
    });
    const events = [];
    const tally = {
      pass: (title) => events.push(`pass ${title}`),
      fail: (title, detail) => events.push(`fail ${title}: ${detail}`),
      skip: (title, reason) => events.push(`skip ${title}: ${reason}`),
      spend: (part) => parts.add(path.basename(part)),
      log: () => undefined,
    };
    await runHere(files, { tally, ...options });
    return events;
  };

  it('counts what passes and what fails', async () => {
    const events = await run([`it('good', () => {}); it('bad', () => { throw new Error('no'); });`]);
    assert.equal(events.length, 2);
    assert.equal(events[0], 'pass good');
    assert.match(events[1], /^fail bad: Error: no\n/);
  });

  it('tells the place of a failure in the source', async () => {
    const map = { version: 3, names: [], sources: ['original.ts'], mappings: 'AAKA' };
    writeFileSync(path.join(folder, '0.test.cjs.map'), JSON.stringify(map));
    const [event] = await run([`it('bad', async () => { await null; throw new Error('no'); });`]);
    assert.ok(event.includes(`${path.join(folder, 'original.ts')}:6:1`), event);
  });

  it('says what the time was spent on', async () => {
    await run([`it('good', () => {});`, `it('bad', () => { throw new Error('no'); });`]);
    assert.deepEqual([...parts], ['loading', '0.test.cjs', '1.test.cjs']);
  });

  it('counts a failed hook', async () => {
    const events = await run([`before(() => { throw new Error('no'); }); it('good', () => {});`]);
    assert.equal(events.length, 1);
    assert.match(events[0], /^fail .*"before all" hook.*: Error: no\n/);
  });

  it('takes the reason of a skipped test from the test or from the suite around it', async () => {
    const events = await run([
      `describe('a', () => { before(function () { this.test.parent.skipReason = 'no moon'; this.skip(); }); it('b', () => {}); });
       it('c', function () { this.test.skipReason = 'no sun'; this.skip(); });`,
    ]);
    assert.deepEqual(events.sort(), ['skip a b: no moon', 'skip c: no sun']);
  });

  it('fails a test that is skipped without a reason', async () => {
    assert.match((await run([`it.skip('a', () => {});`]))[0], /^fail a: skipped without a reason/);
  });

  it('fails the test in which node ends, and runs the files behind it', async () => {
    const events = await run([
      `it('first', () => {});`,
      `it('dies', () => { console.log('last words'); process.exit(7); }); it('never', () => {});`,
      `it('third', () => {});`,
    ]);
    assert.equal(events.length, 3);
    assert.equal(events[0], 'pass first');
    assert.match(events[1], /^fail dies: [^]*code 7\nlast words/);
    assert.equal(events[2], 'pass third');
  });

  it('fails a file that cannot be loaded, and runs the others', async () => {
    const events = await run([
      `it('first', () => {});`,
      `throw new Error('unloadable');`,
      `it('third', () => {});`,
    ]);
    assert.equal(events.length, 3);
    assert.match(events[1], /^fail loading [^]*unloadable/);
    assert.deepEqual([events[0], events[2]], ['pass first', 'pass third']);
  });

  it('fails a run whose process ends badly after its tests', async () => {
    const events = await run([`it('good', () => {}); process.on('exit', () => process.reallyExit(3));`]);
    assert.equal(events[0], 'pass good');
    assert.match(events[1], /^fail the end of the process: [^]*code 3/);
  });

  it('ends a process that falls silent, or stays after its tests', async () => {
    const limits = { silenceMs: 1500, farewellMs: 1500 };
    const silent = await run(
      [`it('stuck', () => new Promise((resolve) => setTimeout(resolve, 1e6))).timeout(0);`],
      limits,
    );
    assert.match(silent[0], /^fail stuck: nothing was heard/);
    const staying = await run([`it('good', () => { setInterval(() => {}, 1e6); });`], limits);
    assert.equal(staying[0], 'pass good');
    assert.match(staying[1], /^fail the end of the process: the process was still there/);
  });

  it('runs only what the pattern matches', async () => {
    assert.deepEqual(await run([`it('apple', () => {}); it('pear', () => {});`], { grep: 'pea' }), [
      'pass pear',
    ]);
  });
});
